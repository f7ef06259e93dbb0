// Files of the host by their real paths, through no link: a directory that some sandbox may write to could have been swapped for a
// link since the path was looked up.

import { closeSync, constants, fstatSync, ftruncateSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import { quoted } from '../src/quoted.ts'
import { close, openRealPath } from '../src/sys/descriptor.ts'
import { SysError } from '../src/sys/sys-error.ts'

// Opening a FIFO would wait for its other end, for ever: fifo(7).
const { O_RDONLY, O_WRONLY, O_CREAT, O_NOFOLLOW, O_NONBLOCK } = constants

/** With the directories around it. @throws ErrnoException */
export function writeReal(path: string, content: string | Uint8Array): void {
  const directory = madeDirectory(dirname(path))
  try {
    inFile(directory, path, O_WRONLY | O_CREAT, (fd) => {
      ftruncateSync(fd)
      writeFileSync(fd, content)
    })
  } finally {
    close(directory)
  }
}

/** @throws ErrnoException */
export function readReal(path: string): string {
  const directory = openRealPath(dirname(path))
  try {
    return inFile(directory, path, O_RDONLY, (fd) => readFileSync(fd, 'utf8'))
  } finally {
    close(directory)
  }
}

/** Where it is there. @throws ErrnoException */
export function removeReal(path: string): void {
  const directory = existing(dirname(path))
  if (directory === undefined) return
  try {
    below(directory, path, (place) => rmSync(place, { force: true }))
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

/** A handle to it. */
function madeDirectory(path: string): number {
  const there = existing(path)
  if (there !== undefined) return there
  const around = madeDirectory(dirname(path))
  try {
    below(around, path, (place) => mkdirSync(place, { recursive: true }))
  } finally {
    close(around)
  }
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
