// Writes files so that a reader finds the old one or the new one, and never a part: fsync(2), then rename(2).

import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'

/** Beside the file, because rename(2) does not leave its file system. `sync` waits for the disk, which is too long for hundreds of files. */
export function writeWhole(path: string, text: string, { sync = true }: { sync?: boolean } = {}): void {
  const fresh = `${path}.${process.pid}.new`
  try {
    const fd = openSync(fresh, 'w')
    try {
      writeFileSync(fd, text)
      // A file system may find out that it is full only when it has to write.
      if (sync) fsyncSync(fd)
    } finally {
      closeSync(fd)
    }
    renameSync(fresh, path)
  } catch (error) {
    rmSync(fresh, { force: true })
    throw error
  }
}

/** With all above it. `.nsbox` tells git to leave it alone; a directory of another name is its owner's matter. */
export function makeDirectory(directory: string): void {
  mkdirSync(directory, { recursive: true })
  if (basename(directory) !== '.nsbox') return
  try {
    writeFileSync(join(directory, '.gitignore'), '*\n', { flag: 'wx' })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
}
