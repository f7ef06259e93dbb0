// Places that something is mounted at: made where they are missing, named where that cannot be.

import { mkdirSync, statSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { NsboxError } from '../errors.ts'
import { isWithin } from '../plan/paths.ts'
import { quoted } from '../quoted.ts'

/** A place for a directory, or for a file. @throws NsboxError ERR_NSBOX_MOUNT_POINT */
export function makeMountPoint(path: string, directory: boolean): void {
  const there = isDirectory(path)
  if (there === undefined) return directory ? makeDirectory(path) : makeFile(path)
  if (there !== directory)
    throw refused(path, directory ? 'it is a file, and a directory is to be there' : 'it is a directory, and a file is to be there')
}

/**
 * With its parents. mkdir(2) for each, because in /proc, where nothing can be made, node's own
 * `recursive` never ends.
 */
export function makeDirectory(path: string): void {
  const there = isDirectory(path)
  if (there) return
  if (there === false) throw refused(path, 'it is a file, and a directory is to be there')
  makeDirectory(dirname(path))
  make(path, () => mkdirSync(path))
}

/** @throws NsboxError ERR_NSBOX_MOUNT_POINT */
export function requireThere(path: string, what: string): void {
  if (isDirectory(path) !== undefined) return
  throw new NsboxError(`${what} does not exist inside: ${quoted(path)}`, {
    code: 'ERR_NSBOX_MOUNT_POINT',
    stage: 'seal',
    errno: 'ENOENT',
    hint: isWithin(path, '/dev') ? 'A sandbox has a /dev of its own, in which directories of the host are not there.' : undefined,
  })
}

/** @throws NsboxError ERR_NSBOX_MOUNT_POINT */
export function requireDirectory(path: string, what: string): void {
  requireThere(path, what)
  if (isDirectory(path)) return
  throw new NsboxError(`${what} is no directory: ${quoted(path)}`, { code: 'ERR_NSBOX_MOUNT_POINT', stage: 'seal', errno: 'ENOTDIR' })
}

function makeFile(path: string): void {
  makeDirectory(dirname(path))
  make(path, () => writeFileSync(path, '', { flag: 'wx' }))
}

function make(path: string, make: () => void): void {
  try {
    make()
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    // Another sandbox, which has the directory around it in common, was faster.
    if (code === 'EEXIST' && isDirectory(path) !== undefined) return
    throw refused(
      path,
      code === 'EROFS' ? `${quoted(dirname(path))} is read-only inside` : `${quoted(dirname(path))} takes no new entries (${code})`,
      code,
    )
  }
}

/** Undefined where there is nothing. */
function isDirectory(path: string): boolean | undefined {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory()
}

function refused(path: string, why: string, errno?: string): NsboxError {
  return new NsboxError(`Nothing can be mounted at ${quoted(path)}: ${why}`, {
    code: 'ERR_NSBOX_MOUNT_POINT',
    stage: 'seal',
    errno,
    hint: errno && 'Name a place that exists, or one below an overlay, /tmp or another directory that can be written to inside.',
  })
}
