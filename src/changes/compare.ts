// In what an entry differs from the one that was there before.

import { readlinkSync } from 'node:fs'
import { sameAttributes, visibleAttributes } from './attributes.ts'
import type { Aspect } from './changed.ts'
import type { Entry } from './entry.ts'
import { errnoOf } from './failure.ts'
import { bytes } from './names.ts'
import { sameContent } from './same-content.ts'

export function differingAspects(after: Entry, before: Entry): Aspect[] {
  if (after.type !== before.type) return ['type']
  const aspects: Aspect[] = []
  if (!holdsSame(after, before)) aspects.push('content')
  if (after.mode !== before.mode) aspects.push('mode')
  if (after.stat.uid !== before.stat.uid || after.stat.gid !== before.stat.gid) aspects.push('owner')
  if (!haveSameAttributes(after, before)) aspects.push('attributes')
  return aspects
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
      return readlinkSync(bytes(after.path), 'latin1') === readlinkSync(bytes(before.path), 'latin1')
    case 'device':
      return after.stat.rdev === before.stat.rdev && after.stat.isBlockDevice() === before.stat.isBlockDevice()
    default:
      return true
  }
}
