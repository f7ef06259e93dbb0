// What node's own fs cannot make of a file: a FIFO, a whiteout, times to the nanosecond.

import { addressOf } from './libc.ts'
import { syscall } from './syscall.ts'

const AT_FDCWD = -100
const AT_SYMLINK_NOFOLLOW = 0x100
const S_IFIFO = 0o010000
const S_IFCHR = 0o020000

export function makeFifo(path: Buffer, mode: number): void {
  const name = terminated(path)
  syscall('mknodat', [AT_FDCWD, addressOf(name), S_IFIFO | mode, 0], [path.toString(), 'S_IFIFO'])
}

/** The character device 0:0, which any user may make since Linux 5.8 (overlayfs.rst). */
export function makeWhiteout(path: Buffer): void {
  const name = terminated(path)
  syscall('mknodat', [AT_FDCWD, addressOf(name), S_IFCHR, 0], [path.toString(), 'S_IFCHR', '0:0'])
}

/** utimensat(2), of the link itself when it is one. */
export function setTimes(path: Buffer, atimeNs: bigint, mtimeNs: bigint): void {
  const name = terminated(path)
  const times = Buffer.alloc(32)
  for (const [index, time] of [atimeNs, mtimeNs].entries()) {
    const nanoseconds = BigInt.asUintN(64, ((time % second) + second) % second)
    times.writeBigInt64LE((time - nanoseconds) / second, 16 * index)
    times.writeBigInt64LE(nanoseconds, 16 * index + 8)
  }
  syscall('utimensat', [AT_FDCWD, addressOf(name), addressOf(times), AT_SYMLINK_NOFOLLOW], [path.toString()])
}

const second = 1_000_000_000n

function terminated(path: Buffer): Buffer {
  return Buffer.concat([path, Buffer.alloc(1)])
}
