// Keeps what a sandbox wrote in a directory, for a later run to start from.

import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { NsboxError } from '../errors.ts'
import { quoted } from '../quoted.ts'
import { emptyDirectory, removeTree } from '../sys/remove-tree.ts'
import type { UpperLayer } from './changed.ts'
import { ignoredBelow, UpperCopy, upperRoot } from './copy-upper.ts'
import { asChangesError, changesError, errnoOf, type Missing, missingLines } from './failure.ts'
import { nameOf, textOf } from './names.ts'
import { withReadable } from './readable-upper.ts'

export const descriptionFile = 'nsbox.json'

export interface About {
  command: string[]
  /** As Date.now() has it. */
  startedMs: number
}

export interface Kept {
  /** Absolute paths of sockets and devices: they cannot be kept. */
  skipped: string[]
  /** What could not be kept, or not whole; all else is. The description has it too. */
  missing: Missing[]
}

/** `directory` is new, or empty. When it throws, that is as it was before. */
export function keepLayers(layers: readonly UpperLayer[], directory: string, about: About): Kept {
  const isNew = claim(directory)
  try {
    const kept = layers.map((layer, index) => copyLayer(layer, join(directory, String(index))))
    const missing = kept.flatMap((one) => one.missing)
    // Last, so that a directory with a description is a complete one.
    const description = `${JSON.stringify(describe(layers, about, missing), undefined, 2)}\n`
    writeFileSync(join(directory, descriptionFile), description, { flag: 'wx' })
    return { skipped: kept.flatMap((one) => one.skipped), missing }
  } catch (error) {
    if (isNew) removeTree(directory)
    else emptyDirectory(directory)
    throw asChangesError('ERR_NSBOX_KEEP', `The changes cannot be kept in ${quoted(directory)}`, error)
  }
}

/** For whoever has to be told. Undefined where all was kept. */
export function missingError(missing: readonly Missing[], directory: string): NsboxError | undefined {
  if (missing.length === 0) return undefined
  const lines = [`Not everything could be kept in ${quoted(directory)}; all but this was:`, ...missingLines(missing)]
  return changesError('ERR_NSBOX_KEEP', lines.join('\n'))
}

/** True when the directory was made, false when it was there and is empty. */
function claim(directory: string): boolean {
  try {
    mkdirSync(directory)
    return true
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw asChangesError('ERR_NSBOX_KEEP', `The directory ${quoted(directory)} cannot be made`, error)
  }
  if (isEmpty(directory)) return false
  const hint = 'Name a directory that does not exist yet, or remove this one.'
  throw changesError('ERR_NSBOX_KEEP', `${quoted(directory)} is not an empty directory, so changes cannot be kept in it`, hint)
}

function isEmpty(directory: string): boolean {
  try {
    return readdirSync(directory).length === 0
  } catch (error) {
    if (errnoOf(error) === 'ENOTDIR') return false
    throw asChangesError('ERR_NSBOX_KEEP', `The directory ${quoted(directory)} cannot be used`, error)
  }
}

function copyLayer({ upper, target, ignore }: UpperLayer, to: string): Kept {
  const absolute = (path: string) => join(target, textOf(path))
  return withReadable(upper, (modes) => {
    const copy = new UpperCopy(modes, ignoredBelow(target, ignore))
    copy.copy(upperRoot(upper, modes), nameOf(to))
    const missing = copy.missing.map(({ path, reason }) => ({ path: absolute(path), reason }))
    return { skipped: copy.skipped.map(absolute), missing }
  })
}

function describe(layers: readonly UpperLayer[], { command, startedMs }: About, missing: readonly Missing[]): unknown {
  return {
    version: 1,
    created: new Date().toISOString(),
    started: new Date(startedMs).toISOString(),
    command,
    overlays: layers.map(({ target, lowers }, index) => ({ target, upper: String(index), lowers })),
    ...(missing.length > 0 && { missing }),
  }
}
