// Files of the host by their real paths, through no link: a directory that some sandbox may write to could have been swapped for a
// link since the path was looked up.

import {
  closeSync,
  constants,
  fstatSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { quoted } from '../quoted.ts'
import { close, openRealPath } from './descriptor.ts'
import { removeTree } from './remove-tree.ts'
import { SysError } from './sys-error.ts'

// Opening a FIFO would wait for its other end, for ever: fifo(7).
const { O_RDONLY, O_WRONLY, O_APPEND, O_CREAT, O_NOFOLLOW, O_NONBLOCK } = constants

/** Returns the real path of what is at an absolute path, or will be. A link that is made later is not part of it. */
export function realPlace(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    return join(realPlace(dirname(path)), basename(path))
  }
}

/** Acts in a directory by a path that leads to it whatever happens to its name: proc_pid_fd(5). `path` is real. @throws ErrnoException */
export function inRealDirectory<T>(path: string, act: (place: string) => T): T {
  return closing(openRealDirectory(path), (directory) => act(`/proc/self/fd/${directory}`))
}

/** An O_PATH descriptor, opened through no link. @throws ErrnoException */
export function openRealDirectory(path: string): number {
  try {
    return openRealPath(path)
  } catch (error) {
    if (!(error instanceof SysError) || error.errno !== 'ELOOP') throw error
    const why = `a symbolic link has taken the place of ${quoted(path)} or of a directory above it`
    throw Object.assign(new Error(`ELOOP: ${why}`, { cause: error }), { code: 'ELOOP' })
  }
}

/** With the directories around it. @throws ErrnoException */
export function writeReal(path: string, content: string | Uint8Array): void {
  const write = (fd: number) => {
    ftruncateSync(fd)
    writeFileSync(fd, content)
  }
  closing(madeDirectory(dirname(path)), (directory) => inFile(directory, path, O_WRONLY | O_CREAT, write))
}

/** To a file that is there. @throws ErrnoException */
export function appendReal(path: string, content: string): void {
  const write = (fd: number) => writeFileSync(fd, content)
  closing(openRealDirectory(dirname(path)), (directory) => inFile(directory, path, O_WRONLY | O_APPEND, write))
}

/** @throws ErrnoException */
export function readReal(path: string): string {
  const read = (fd: number) => readFileSync(fd, 'utf8')
  return closing(openRealPath(dirname(path)), (directory) => inFile(directory, path, O_RDONLY, read))
}

/** Where it is there. @throws ErrnoException */
export function removeReal(path: string): void {
  const directory = existing(dirname(path))
  if (directory !== undefined) closing(directory, () => below(directory, path, (place) => rmSync(place, { force: true })))
}

/** With all below it. Where the path leads through a link by now, what is there belongs to somebody else, and stays. @throws ErrnoException */
export function removeRealTree(path: string): void {
  try {
    inRealDirectory(dirname(path), (directory) => removeTree(`${directory}/${basename(path)}`))
  } catch (error) {
    const { code, errno } = error as { code?: string; errno?: unknown }
    if (code !== 'ELOOP' && errno !== 'ENOENT') throw error
  }
}

function closing<T>(directory: number, use: (directory: number) => T): T {
  try {
    return use(directory)
  } finally {
    close(directory)
  }
}

function inFile<T>(directory: number, path: string, flags: number, use: (fd: number) => T): T {
  const fd = below(directory, path, (place) => openSync(place, flags | O_NOFOLLOW | O_NONBLOCK, 0o666))
  try {
    if (!fstatSync(fd).isFile()) throw new Error(`not a file: ${quoted(path)}`)
    return use(fd)
  } finally {
    closeSync(fd)
  }
}

/** With the directories around it, which get the same mode. @throws ErrnoException */
export function makeRealDirectory(path: string, mode = 0o777): void {
  close(madeDirectory(path, mode))
}

/** A handle to it. */
function madeDirectory(path: string, mode = 0o777): number {
  const there = existing(path)
  if (there !== undefined) return there
  const make = (place: string) => mkdirSync(place, { recursive: true, mode })
  closing(madeDirectory(dirname(path), mode), (around) => below(around, path, make))
  return openRealPath(path)
}

function existing(path: string): number | undefined {
  try {
    return openRealPath(path)
  } catch (error) {
    if (error instanceof SysError && error.errno === 'ENOENT') return undefined
    throw error
  }
}

/** Acts on a name in a directory. Errors have the path by which others know it. */
function below<T>(directory: number, path: string, act: (place: string) => T): T {
  const place = `/proc/self/fd/${directory}/${basename(path)}`
  try {
    return act(place)
  } catch (error) {
    const { message } = error as Error
    throw Object.assign(error as Error, { path, message: message.replace(place, () => path) })
  }
}
