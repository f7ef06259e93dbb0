// Errors as a worker sends them, for vitest to print: it expects texts where errors have texts, and reads the files that stack
// traces name.

import { statSync } from 'node:fs'
import type { HostView } from './file-view.ts'

type ErrorFields = Record<string, unknown>

/** Fields that vitest takes for text. */
const texts = ['message', 'name', 'nameStr', 'stack', 'stackStr', 'diff', 'codeFrame']
/** Of a stack, in characters: longer ones are cut in the middle, where a long message ends and frames begin. */
const longestStack = 100_000
/** Of causes below causes. */
const deepest = 16

/** Changes them in place. A frame of a file that the sandbox does not see, or that has no end, is no frame. */
export function tidyErrors(errors: unknown, view: HostView): void {
  const seen = new Set<unknown>()
  const tidy = (value: unknown, depth: number): void => {
    if (typeof value !== 'object' || value === null || seen.has(value)) return
    seen.add(value)
    const error = value as ErrorFields
    for (const name of texts) if (error[name] !== undefined && typeof error[name] !== 'string') error[name] = String(error[name])
    for (const name of ['stack', 'stackStr']) if (typeof error[name] === 'string') error[name] = tidyStack(error[name], view)
    const { cause, errors: more } = error
    if (depth >= deepest || seen.has(cause)) delete error['cause']
    else tidy(cause, depth + 1)
    if (Array.isArray(more)) for (const each of more) tidy(each, depth + 1)
  }
  if (Array.isArray(errors)) for (const error of errors) tidy(error, 0)
}

function tidyStack(stack: string, view: HostView): string {
  const half = longestStack / 2
  const short = stack.length > longestStack ? `${stack.slice(0, half)}\n${stack.slice(-half)}` : stack
  const isFrame = (line: string) => /^\s*at |@/.test(line)
  const isReadable = (line: string) => !pathsIn(line).some((path) => view.hides(path) || isEndless(path))
  return short
    .split('\n')
    .filter((line) => !isFrame(line) || isReadable(line))
    .join('\n')
}

/** Absolute paths, as `at call (/path:1:2)` and `file:///path:1:2` have them. */
function pathsIn(line: string): string[] {
  return [...line.matchAll(/(?:file:\/\/)?(\/[^\s:()?#]*)/g)].map(([, path]) => decoded(path as string))
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}

function isEndless(path: string): boolean {
  const stats = statSync(path, { throwIfNoEntry: false })
  return stats !== undefined && !stats.isFile() && !stats.isDirectory()
}
