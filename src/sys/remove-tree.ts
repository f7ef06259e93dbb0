// Removes an entry and all below it, whatever names and permissions it has and however deep it is.

import { randomUUID } from 'node:crypto'
import { chmodSync, lstatSync, readdirSync, renameSync, rmdirSync, unlinkSync } from 'node:fs'
import { reach } from './long-path.ts'

/** A string is text; bytes may be any name. It is no error when nothing is there. */
export function removeTree(path: string | Buffer): void {
  const top = byteString(path)
  try {
    if (!lstatSync(reach(top)).isDirectory()) return unlinkSync(reach(top))
    emptyDirectory(path)
    rmdirSync(reach(top))
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error
  }
}

/** Removes all that is in a directory. */
export function emptyDirectory(path: string | Buffer): void {
  const top = byteString(path)
  const open = [top]
  while (open.length > 0) {
    const directory = open.at(-1) as string
    const below = withoutFiles(directory, top)
    for (const path of below) open.push(path)
    if (below.length > 0) continue
    open.pop()
    if (directory !== top) inDirectory(directory.slice(0, directory.lastIndexOf('/')), () => rmdirSync(reach(directory)))
  }
}

/** Removes the files of a directory and returns the paths of the directories in it. */
function withoutFiles(directory: string, top: string): string[] {
  const entries = inDirectory(directory, () => readdirSync(reach(directory), { withFileTypes: true, encoding: 'buffer' })) ?? []
  const below: string[] = []
  for (const entry of entries) {
    const path = `${directory}/${entry.name.toString('latin1')}`
    if (!entry.isDirectory()) inDirectory(directory, () => unlinkSync(reach(path)))
    else below.push(path.length - top.length > farthest ? nearer(path, top) : path)
  }
  return below
}

/** In bytes. Paths that grew with the depth would take time with the square of it. */
const farthest = 1024

/** Moves a directory that lies deep to the top. An overlay refuses that for a directory of its lower (EXDEV, overlayfs.rst). */
function nearer(path: string, top: string): string {
  const moved = `${top}/.nsbox-${randomUUID()}`
  try {
    // Its `..` changes, so the caller needs to write in it (rename(2)).
    chmodSync(reach(path), 0o700)
    renameSync(reach(path), reach(moved))
    return moved
  } catch {
    return path
  }
}

/** Acts again with all permissions in the directory where they are missing. It is no error when nothing is there any more. */
function inDirectory<T>(directory: string, act: () => T): T | undefined {
  try {
    return act()
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    if (codeOf(error) !== 'EACCES') throw error
    chmodSync(reach(directory), 0o700)
    return act()
  }
}

function byteString(path: string | Buffer): string {
  return (typeof path === 'string' ? Buffer.from(path) : path).toString('latin1')
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code
}
