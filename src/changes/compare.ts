// In what an entry differs from the one that was there before.

import { readlinkSync } from 'node:fs'
import { reach } from '../sys/long-path.ts'
import { sameAttributes, visibleAttributes } from './attributes.ts'
import type { Aspect } from './changed.ts'
import type { Entry } from './entry.ts'
import { errnoOf } from './failure.ts'
import { sameContent } from './same-content.ts'

export function differingAspects(after: Entry, before: Entry): Aspect[] {
  if (after.type !== before.type) return ['type']
  const aspects: Aspect[] = []
  if (!holdsSame(after, before)) aspects.push('content')
  if (after.mode !== before.mode) aspects.push('mode')
  if (after.stat.uid !== before.stat.uid || after.stat.gid !== before.stat.gid) aspects.push('owner')
  if (!haveSameAttributes(after, before)) aspects.push('attributes')
  if (!aspects.includes('content') && (after.type === 'file' || after.type === 'symlink') && !sameTime(after, before)) aspects.push('time')
  return aspects
}

const second = 1_000_000_000n

/** Some file systems keep whole seconds, and a copy that an overlay makes of a file has the time of the original. */
function sameTime({ stat: { mtimeNs: a } }: Entry, { stat: { mtimeNs: b } }: Entry): boolean {
  return a === b || (a % second === 0n && a === b - (b % second))
}

/** Attributes of the host's that the caller may not read are taken for other ones. */
function haveSameAttributes(after: Entry, before: Entry): boolean {
  const attributes = visibleAttributes(after.path)
  try {
    return sameAttributes(attributes, visibleAttributes(before.path))
  } catch (error) {
    if (errnoOf(error) === 'EACCES') return false
    throw error
  }
}

function holdsSame(after: Entry, before: Entry): boolean {
  switch (after.type) {
    case 'file':
      return sameContent(after, before)
    case 'symlink':
      return readlinkSync(reach(after.path), 'latin1') === readlinkSync(reach(before.path), 'latin1')
    case 'device':
      return after.stat.rdev === before.stat.rdev && after.stat.isBlockDevice() === before.stat.isBlockDevice()
    default:
      return true
  }
}
