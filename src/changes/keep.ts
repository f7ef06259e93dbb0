// Keeps what a sandbox wrote in a directory, for a later run to start from.

import { existsSync, lstatSync, mkdirSync, readdirSync, rmdirSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type { NsboxError } from '../errors.ts'
import { quoted } from '../quoted.ts'
import { close } from '../sys/descriptor.ts'
import { reach } from '../sys/long-path.ts'
import { openRealDirectory } from '../sys/real-file.ts'
import { emptyDirectory } from '../sys/remove-tree.ts'
import type { UpperLayer } from './changed.ts'
import { ignoredBelow, UpperCopy, upperRoot } from './copy-upper.ts'
import { asChangesError, changesError, errnoOf, type Missing, missingLines } from './failure.ts'
import { nameOf, rootOf, textOf } from './names.ts'
import { type OpenDirectory, openBelow } from './open-directories.ts'
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

/** `directory` is a real path, and new or empty. When it throws, that is as it was before. */
export function keepLayers(layers: readonly UpperLayer[], directory: string, about: About): Kept {
  const claimed = claim(directory)
  try {
    const kept = layers.map((layer, index) => copyLayer(layer, join(claimed.path, String(index))))
    const missing = kept.flatMap((one) => one.missing)
    // Last, so that a directory with a description is a complete one.
    const description = `${JSON.stringify(describe(layers, about, missing), undefined, 2)}\n`
    writeFileSync(join(claimed.path, descriptionFile), description, { flag: 'wx' })
    return { skipped: kept.flatMap((one) => one.skipped), missing }
  } catch (error) {
    claimed.clear()
    throw asChangesError('ERR_NSBOX_KEEP', `The changes cannot be kept in ${quoted(directory)}`, error)
  } finally {
    claimed.close()
  }
}

/** For whoever has to be told. Undefined where all was kept. */
export function missingError(missing: readonly Missing[], directory: string): NsboxError | undefined {
  if (missing.length === 0) return undefined
  const lines = [`Not everything could be kept in ${quoted(directory)}; all but this was:`, ...missingLines(missing)]
  return changesError('ERR_NSBOX_KEEP', lines.join('\n'))
}

/** A directory to keep in, reached through no link: the sandbox may have put one in its place. */
interface Claimed {
  /** Leads to it whatever its name becomes. */
  path: string
  /** Makes it as it was before. */
  clear(): void
  close(): void
}

function claim(directory: string): Claimed {
  const around = openAround(directory)
  try {
    const place = `/proc/self/fd/${around}/${basename(directory)}`
    const isNew = made(place, directory)
    const { fd, path } = opened(around, directory)
    const clear = () => {
      emptyDirectory(path)
      if (isNew) rmdirSync(place)
    }
    const end = () => [fd, around].forEach(close)
    if (isNew || isEmpty(path, directory)) return { path, clear, close: end }
    close(fd)
    throw notEmpty(directory)
  } catch (error) {
    close(around)
    throw error
  }
}

function openAround(directory: string): number {
  try {
    return openRealDirectory(dirname(directory))
  } catch (error) {
    throw asChangesError('ERR_NSBOX_KEEP', `The directory ${quoted(directory)} cannot be made`, error)
  }
}

/** True when the directory was made, false when something is there. */
function made(place: string, directory: string): boolean {
  try {
    // What the command saw may have been the caller's alone to read.
    mkdirSync(place, 0o700)
    return true
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return false
    throw asChangesError('ERR_NSBOX_KEEP', `The directory ${quoted(directory)} cannot be made`, error)
  }
}

function opened(around: number, directory: string): OpenDirectory {
  const name = basename(directory)
  try {
    return openBelow({ path: `/proc/self/fd/${around}` }, nameOf(name))
  } catch {
    const isLink = lstatSync(`/proc/self/fd/${around}/${name}`, { throwIfNoEntry: false })?.isSymbolicLink()
    throw isLink
      ? changesError('ERR_NSBOX_KEEP', `${quoted(directory)} is a symbolic link now, so changes cannot be kept in it`)
      : notEmpty(directory)
  }
}

function isEmpty(path: string, directory: string): boolean {
  try {
    return readdirSync(path).length === 0
  } catch (error) {
    throw asChangesError('ERR_NSBOX_KEEP', `The directory ${quoted(directory)} cannot be used`, error)
  }
}

function notEmpty(directory: string): NsboxError {
  const hint = 'Name a directory that does not exist yet, or remove this one.'
  return changesError('ERR_NSBOX_KEEP', `${quoted(directory)} is not an empty directory, so changes cannot be kept in it`, hint)
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

/** Those that the sandbox changed something in. */
function directoriesOf({ upper, directories = new Map<string, string>() }: UpperLayer): { directories?: Record<string, string> } {
  const changed = [...directories].filter(([path]) => isThere(`${rootOf(upper)}/${path}`))
  return changed.length === 0 ? {} : { directories: Object.fromEntries(changed.map(([path, inode]) => [textOf(path), inode])) }
}

function isThere(path: string): boolean {
  try {
    return existsSync(reach(path))
  } catch (error) {
    // A directory on the way to a deep one.
    if (errnoOf(error) === 'ENOENT') return false
    throw error
  }
}

function describe(layers: readonly UpperLayer[], { command, startedMs }: About, missing: readonly Missing[]): unknown {
  return {
    version: 1,
    created: new Date().toISOString(),
    started: new Date(startedMs).toISOString(),
    command,
    overlays: layers.map((layer, index) => {
      const { target, lowers } = layer
      return { target, upper: String(index), lowers, ...directoriesOf(layer) }
    }),
    ...(missing.length > 0 && { missing }),
  }
}
