// What examples/flaky has: read from its files and from its README.

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const zooDirectory: string = fileURLToPath(new URL('../../examples/flaky', import.meta.url))

export interface Specimen {
  /** Of its files: `NAME.flaky.test.ts` and `NAME.fixed.test.ts`. */
  name: string
  class: string
  mechanism: string
  /** That should expose it; any of them. */
  knobs: string[]
}

export const flakyFile = (name: string): string => `${name}.flaky.test.ts`
export const fixedFile = (name: string): string => `${name}.fixed.test.ts`

/** All, in the order of their names. */
export function specimens(): Specimen[] {
  return namesOf('flaky').map((name) => ({ name, ...headOf(flakyFile(name)) }))
}

export function namesOf(kind: 'flaky' | 'fixed'): string[] {
  const end = `.${kind}.test.ts`
  return readdirSync(zooDirectory)
    .filter((name) => name.endsWith(end))
    .map((name) => name.slice(0, -end.length))
    .sort()
}

/** The comment on top of a file. @throws Error where it has none */
export function headOf(file: string): Omit<Specimen, 'name'> {
  const head = /^\/\/ class: (.+)\n\/\/ mechanism: (.+)\n\/\/ knob: (.+)\n\n/.exec(readFileSync(join(zooDirectory, file), 'utf8'))
  if (!head) throw new Error(`examples/flaky/${file} does not begin with its class, mechanism and knob`)
  return { class: head[1] as string, mechanism: head[2] as string, knobs: (head[3] as string).split(', ') }
}
