// The directory that changes are of. A sandbox with a writable bind around it may have put another one, or a link, in its place.

import { fstatSync, lstatSync } from 'node:fs'
import { close } from '../sys/descriptor.ts'
import { openRealDirectory } from '../sys/real-file.ts'
import type { UpperLayer } from './changed.ts'
import { inodeOf } from './entry.ts'
import { errnoOf } from './failure.ts'

type Target = Pick<UpperLayer, 'target' | 'inode'>

/** Device and inode of a directory, before its sandbox starts. Undefined when it is not there. */
export function inodeAt(directory: string): string | undefined {
  const stat = lstatSync(directory, { bigint: true, throwIfNoEntry: false })
  return stat && inodeOf(stat)
}

/** Returns an O_PATH descriptor, opened through no link. The caller closes it. @throws Error when the target is another directory now */
export function openTarget({ target, inode }: Target): number {
  const fd = openRealDirectory(target)
  if (inode === undefined || inodeOf(fstatSync(fd, { bigint: true })) === inode) return fd
  close(fd)
  throw new Error('it is another directory than before the sandbox started')
}

/** Why the target cannot be used. Undefined when it can. */
export function whyNotTarget(layer: Target): string | undefined {
  try {
    close(openTarget(layer))
    return undefined
  } catch (error) {
    return errnoOf(error) === 'ENOENT' ? 'it is not there any more' : (error as Error).message
  }
}
