// Paths longer than the kernel takes at once (PATH_MAX, path_resolution(7)): a directory on the way is opened, and the rest starts there.

import { closeSync, constants, openSync } from 'node:fs'

const O_PATH = 0o10000000
/** In bytes. Far below PATH_MAX: the kernel looks up each part of a path every time, which takes long in thousands of levels. */
const [long, step] = [1024, 512]
/** A rename needs two of them, and whoever compares trees some more. */
const most = 16

/** Open directories by their path, the one that was used last at the end. */
const open = new Map<string, number>()

/**
 * A byte string as a path for node's fs. Use it at once: the descriptor in it is closed when this turn of the event loop is
 * over, or when many others are needed.
 */
export function reach(path: string): Buffer {
  const end = path.length < long ? -1 : path.lastIndexOf('/', path.length - (path.length % step) - 1)
  return Buffer.from(end <= 0 ? path : `/proc/self/fd/${opened(path.slice(0, end))}${path.slice(end)}`, 'latin1')
}

function opened(directory: string): number {
  const fd = open.get(directory) ?? openSync(reach(directory), O_PATH | constants.O_DIRECTORY)
  if (open.size === 0) setImmediate(closeAll)
  open.delete(directory)
  open.set(directory, fd)
  const [oldest] = open
  if (oldest && open.size > most) close(oldest)
  return fd
}

function closeAll(): void {
  for (const one of open) close(one)
}

function close([directory, fd]: [string, number]): void {
  open.delete(directory)
  closeSync(fd)
}
