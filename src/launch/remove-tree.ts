// Removes a directory and all it holds, whatever permissions its directories have.

import { chmodSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'

export function removeTree(directory: string): void {
  try {
    rmSync(directory, { recursive: true, force: true })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EACCES') throw error
    // An overlay's work directory has no permissions at all (overlayfs.rst), and tests make such too.
    openUp(directory)
    rmSync(directory, { recursive: true, force: true })
  }
}

function openUp(directory: string): void {
  chmodSync(directory, 0o700)
  for (const entry of readdirSync(directory, { withFileTypes: true })) if (entry.isDirectory()) openUp(join(directory, entry.name))
}
