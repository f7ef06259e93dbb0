// Removes a directory and all it holds, whatever names and permissions its directories have.

import { chmodSync, readdirSync, rmSync } from 'node:fs'

export function removeTree(directory: string): void {
  try {
    rmSync(directory, { recursive: true, force: true })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EACCES') throw error
    // An overlay's work directory has no permissions at all (overlayfs.rst), and tests make such too.
    openUp(Buffer.from(directory))
    rmSync(directory, { recursive: true, force: true })
  }
}

/** Names of files are bytes, and need not be UTF-8. */
function openUp(directory: Buffer): void {
  chmodSync(directory, 0o700)
  for (const entry of readdirSync(directory, { withFileTypes: true, encoding: 'buffer' })) {
    if (entry.isDirectory()) openUp(Buffer.concat([directory, Buffer.from('/'), entry.name]))
  }
}
