// An environment as a program is given it.

/** Without the variables that have no value. */
export function definedOnly(env: Partial<NodeJS.ProcessEnv>): Record<string, string> {
  return Object.fromEntries(Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined))
}
