// Keeps what a sandbox wrote in a directory, for a later run to start from.

import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { UpperLayer } from './changed.ts'
import { ignoredBelow, UpperCopy, upperRoot } from './copy-upper.ts'
import { asChangesError, changesError, errnoOf } from './failure.ts'
import { nameOf, textOf } from './names.ts'
import { withReadable } from './readable-upper.ts'
import { emptyDirectory, removeTree } from './remove-tree.ts'

export const descriptionFile = 'nsbox.json'

export interface About {
  command: string[]
  /** As Date.now() has it. */
  startedMs: number
}

export interface Kept {
  /** Absolute paths of sockets and devices: they cannot be kept. */
  skipped: string[]
}

/** `directory` is new, or empty. When anything fails it is as it was before. */
export function keepLayers(layers: readonly UpperLayer[], directory: string, about: About): Kept {
  const isNew = claim(directory)
  try {
    const skipped = layers.flatMap((layer, index) => copyLayer(layer, join(directory, String(index))))
    // Last, so that a directory with a description is a complete one.
    writeFileSync(join(directory, descriptionFile), `${JSON.stringify(describe(layers, about), undefined, 2)}\n`, { flag: 'wx' })
    return { skipped }
  } catch (error) {
    if (isNew) removeTree(nameOf(directory))
    else emptyDirectory(nameOf(directory))
    throw asChangesError('ERR_NSBOX_KEEP', `The changes cannot be kept in ${directory}`, error)
  }
}

/** True when the directory was made, false when it was there and is empty. */
function claim(directory: string): boolean {
  try {
    mkdirSync(directory)
    return true
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw asChangesError('ERR_NSBOX_KEEP', `The directory ${directory} cannot be made`, error)
  }
  if (isEmpty(directory)) return false
  const hint = 'Name a directory that does not exist yet, or remove this one.'
  throw changesError('ERR_NSBOX_KEEP', `${directory} is not an empty directory, so changes cannot be kept in it`, hint)
}

function isEmpty(directory: string): boolean {
  try {
    return readdirSync(directory).length === 0
  } catch (error) {
    if (errnoOf(error) === 'ENOTDIR') return false
    throw asChangesError('ERR_NSBOX_KEEP', `The directory ${directory} cannot be used`, error)
  }
}

function copyLayer({ upper, target, ignore }: UpperLayer, to: string): string[] {
  return withReadable(upper, (modes) => {
    const copy = new UpperCopy(modes, ignoredBelow(target, ignore))
    copy.copy(upperRoot(upper, modes), nameOf(to))
    copy.finish()
    return copy.skipped.map((path) => join(target, textOf(path)))
  })
}

function describe(layers: readonly UpperLayer[], { command, startedMs }: About): unknown {
  return {
    version: 1,
    created: new Date().toISOString(),
    started: new Date(startedMs).toISOString(),
    command,
    overlays: layers.map(({ target, lowers }, index) => ({ target, upper: String(index), lowers })),
  }
}
