// Which directories a target has before its sandbox starts. One that is moved to the name of another brings files that are older than the
// start, and so no time of theirs tells that they are newer than what the sandbox saw.

import { lstatSync, readdirSync, statfsSync } from 'node:fs'
import { reach } from '../sys/long-path.ts'
import { rootOf } from './names.ts'

/** Inode numbers by path, a byte string relative to the target. */
export type DirectoryInodes = ReadonlyMap<string, string>

/** Those nearest to the target's root are looked at: a walk of them takes some 50 ms. */
const most = 4000
/** They hold thousands of directories that nobody moves one by one. */
const notLookedInto = ['node_modules', '.git']
/** OVERLAYFS_SUPER_MAGIC, FUSE_SUPER_MAGIC (statfs(2)): there a directory may have another number when it is looked up again. */
const passing = [0x794c7630, 0x65735546]

/** Before the sandbox starts. Empty where inode numbers say nothing. */
export function directoriesIn(target: string): DirectoryInodes {
  const found = new Map<string, string>()
  if (!keepsNumbers(target)) return found
  const root = rootOf(target)
  // Those that are added meanwhile come last: breadth first.
  const open = ['']
  for (const path of open) {
    for (const name of directoryNames(path === '' ? root : `${root}/${path}`)) {
      const below = path === '' ? name : `${path}/${name}`
      const inode = inodeNumber(`${root}/${below}`)
      if (inode !== undefined) found.set(below, inode)
      if (found.size === most) return found
      if (!notLookedInto.includes(name)) open.push(below)
    }
  }
  return found
}

function keepsNumbers(target: string): boolean {
  try {
    return !passing.includes(statfsSync(target).type)
  } catch {
    return false
  }
}

/** None where the caller may not look: what is there cannot be changed either. */
function directoryNames(directory: string): string[] {
  try {
    const entries = readdirSync(reach(directory), { encoding: 'latin1', withFileTypes: true })
    return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name)
  } catch {
    return []
  }
}

function inodeNumber(path: string): string | undefined {
  try {
    return String(lstatSync(reach(path), { bigint: true }).ino)
  } catch {
    return undefined
  }
}
