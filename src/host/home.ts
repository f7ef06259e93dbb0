// The caller's home, where there is one.

import { homedir } from 'node:os'
import { resolve } from 'node:path'
import { realPlace } from '../sys/real-file.ts'

/** Undefined for a user without HOME and without a line in /etc/passwd, as in a container that was started with --user. */
export function homeDirectory(): string | undefined {
  try {
    return homedir()
  } catch {
    return undefined
  }
}

/** By its real path: it may be known by a link. */
export function realHome(): string | undefined {
  const home = homeDirectory()
  return home === undefined ? undefined : realPlace(resolve(home))
}
