// The caller's home, where there is one.

import { homedir } from 'node:os'

/** Undefined for a user without HOME and without a line in /etc/passwd, as in a container that was started with --user. */
export function homeDirectory(): string | undefined {
  try {
    return homedir()
  } catch {
    return undefined
  }
}
