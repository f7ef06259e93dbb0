// What an upper directory takes.

import { deepest, depthFirst } from './depth-first.ts'
import { type Entry, entriesIn, inodeOf, type TrueModes } from './entry.ts'
import { rootOf } from './names.ts'
import { withReadable } from './readable-upper.ts'

/** Bytes of its files, as they are allocated. */
export function upperSize(upper: string): number {
  return withReadable(upper, (modes) => sizeBelow(rootOf(upper), modes))
}

function sizeBelow(root: string, modes: TrueModes): number {
  const seen = new Set<string>()
  const below = ({ type, path }: Entry) => (type === 'directory' && path.length - root.length <= deepest ? entriesIn(path, modes) : [])
  let sum = 0
  for (const { type, stat } of depthFirst(entriesIn(root, modes), below)) {
    if (type !== 'directory' && !seen.has(inodeOf(stat))) sum += Number(stat.blocks) * 512
    seen.add(inodeOf(stat))
  }
  return sum
}
