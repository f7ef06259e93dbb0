// A file of a few lines, over the one that is there.

import { chmodSync, existsSync, mkdirSync, readFileSync, realpathSync, statSync, writeFileSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import { NsboxError } from '../errors.ts'
import { close } from '../sys/descriptor.ts'
import { cloneTree, mountMerged, mountTree, treeSetAttributes } from '../sys/mount.ts'
import { makeMountPoint } from './mount-point.ts'

interface Lines {
  target: string
  lines: readonly string[]
  /** Whether those that were there follow. */
  more: boolean
  /** Nothing is made where there is no such file. */
  ifThere?: true
}

/** `scratch` is a directory for such files. */
export function mountLines({ target, lines, more, ifThere }: Lines, scratch: string): void {
  if (ifThere && !existsSync(target)) return
  const before = more && existsSync(target) ? readFileSync(target) : Buffer.alloc(0)
  // With all that are for that directory: one may have to cover it, and with it those before.
  const place = `${scratch}/lines${dirname(target)}`
  const file = `${place}/${basename(target)}`
  mkdirSync(place, { recursive: true })
  writeFileSync(file, Buffer.concat([Buffer.from(`${lines.join('\n')}\n`), before]))
  chmodSync(file, 0o644)
  if (!canBeThere(target)) return mountBeside(dirname(target), place)
  const tree = cloneTree(file)
  treeSetAttributes(tree, { set: ['MOUNT_ATTR_RDONLY'] })
  mountTree(tree, realpathSync(target))
  close(tree)
}

/** In a directory that is read-only or another user's, or as a link that leads nowhere, a file cannot be made to be mounted at. */
function canBeThere(target: string): boolean {
  try {
    makeMountPoint(target, false)
    return true
  } catch (error) {
    if (NsboxError.is(error) && error.errno !== undefined && existsSync(dirname(target))) return false
    throw error
  }
}

/** The directory as it is, with what is in `place` besides. What is mounted below it is not seen any more. */
function mountBeside(directory: string, place: string): void {
  const there = realpathSync(directory)
  // The merged directory shows the mode of the one on top (overlayfs.rst).
  chmodSync(place, statSync(there).mode & 0o7777)
  mountMerged(there, [place, there])
}
