// Directories that nsbox makes for itself.

import { chmodSync, mkdirSync } from 'node:fs'

/** For its owner alone. mkdir(2) heeds the umask, which may take the owner's own permissions away. */
export function makeOwnDirectory(path: string): void {
  mkdirSync(path, { mode: 0o700 })
  chmodSync(path, 0o700)
}
