// Files with holes, and files that share blocks (lseek(2), ioctl_ficlone(2)).

import { bind, errno } from './libc.ts'

const lseek_ = bind('lseek', 'int64', ['int', 'int64', 'int'])
const ioctl_ = bind('ioctl', 'int', ['int', 'ulong', 'int'])

const SEEK_DATA = 3
const SEEK_HOLE = 4
const ENXIO = 6
const FICLONE = 0x40049409

/** Where the next data begins, at `offset` or after it; the file's size when only a hole follows. Moves the file's offset. */
export function nextData(fd: number, offset: number, size: number): number {
  const found = Number(lseek_(fd, offset, SEEK_DATA))
  if (found >= 0) return found
  // A file system without holes says EINVAL: all of it is data then.
  return errno() === ENXIO ? size : offset
}

/** Where the data at `offset` ends. */
export function nextHole(fd: number, offset: number, size: number): number {
  const found = Number(lseek_(fd, offset, SEEK_HOLE))
  return found > offset ? found : size
}

/** Makes `to` share all blocks of `from`. False where the file system cannot, or the two lie on different ones. */
export function cloneFile(from: number, to: number): boolean {
  return ioctl_(to, FICLONE, from) === 0
}
