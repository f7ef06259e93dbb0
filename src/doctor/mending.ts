// Which remedies a diagnosis calls for, each once.

import type { Remedy } from '../host/remedies/remedy.ts'
import type { Diagnosis } from './check.ts'

export interface Mending {
  remedy: Remedy
  /** Names of the checks that call for it. */
  for: string[]
}

/** Those of failed checks first: without them nothing works. */
export function mendings({ checks }: Diagnosis): Mending[] {
  const found = new Map<string, Mending>()
  for (const status of ['fail', 'warn']) {
    for (const { name, remedy } of checks.filter((check) => check.status === status)) {
      if (!remedy) continue
      const key = JSON.stringify([remedy.why, remedy.commands])
      const mending = found.get(key) ?? { remedy, for: [] }
      mending.for.push(name)
      found.set(key, mending)
    }
  }
  return [...found.values()]
}

/** Where the first fails most others do. */
export function concerned(names: readonly string[]): string {
  return names.length > 4 ? `${names.slice(0, 3).join(', ')} and ${names.length - 3} more` : names.join(', ')
}
