// Writes files so that a reader finds the old one or the new one, and never a part: fsync(2), then rename(2). All paths are real, and
// no link is followed: tests that may write around the directory could have put one there.

import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { inRealDirectory, makeRealDirectory } from '../../sys/real-file.ts'

/** Beside the file, because rename(2) does not leave its file system. `sync` waits for the disk, which is too long for hundreds of files. */
export function writeWhole(path: string, text: string, { sync = true }: { sync?: boolean } = {}): void {
  inRealDirectory(dirname(path), (directory) => replace(join(directory, basename(path)), text, sync))
}

function replace(path: string, text: string, sync: boolean): void {
  const fresh = `${path}.${process.pid}.new`
  try {
    rmSync(fresh, { force: true })
    const fd = openSync(fresh, 'wx')
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
  makeRealDirectory(directory)
  if (basename(directory) !== '.nsbox') return
  try {
    inRealDirectory(directory, (place) => writeFileSync(join(place, '.gitignore'), '*\n', { flag: 'wx' }))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
}
