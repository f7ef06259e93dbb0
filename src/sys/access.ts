// access(2), as an answer.

import { accessSync } from 'node:fs'

/** Why the caller may not do that with what is there; undefined where it is allowed. It knows of file systems that are read-only, too. */
export function whyNoAccess(path: string, mode: number): NodeJS.ErrnoException | undefined {
  try {
    accessSync(path, mode)
    return undefined
  } catch (error) {
    return error as NodeJS.ErrnoException
  }
}
