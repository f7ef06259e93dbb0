// The environment that a command gets.

import type { EnvironmentChange } from '../config/flag-table.ts'

/** In the order of the flags. */
export function environmentAfter(changes: readonly EnvironmentChange[], env: NodeJS.ProcessEnv): Record<string, string> {
  let result = new Map(Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const])))
  for (const change of changes) {
    if (change.do === 'clear') result = new Map()
    else if (change.do === 'set') result.set(change.name, change.value)
    else result.delete(change.name)
  }
  return Object.fromEntries(result)
}
