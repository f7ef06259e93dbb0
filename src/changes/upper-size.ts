// What an upper directory takes.

import { lstatSync, readdirSync } from 'node:fs'
import { inodeOf } from './entry.ts'
import { bytes, rootOf } from './names.ts'
import { withReadable } from './readable-upper.ts'

/** Bytes of its files, as they are allocated. */
export function upperSize(upper: string): number {
  return withReadable(upper, () => sizeBelow(rootOf(upper), new Set()))
}

function sizeBelow(directory: string, seen: Set<string>): number {
  let sum = 0
  for (const name of readdirSync(bytes(directory), 'latin1')) {
    const path = `${directory}/${name}`
    const stat = lstatSync(bytes(path), { bigint: true })
    if (stat.isDirectory()) sum += sizeBelow(path, seen)
    else if (!seen.has(inodeOf(stat))) sum += Number(stat.blocks) * 512
    seen.add(inodeOf(stat))
  }
  return sum
}
