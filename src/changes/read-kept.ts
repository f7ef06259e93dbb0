// Reads a directory of kept changes back.

import { lstatSync, readFileSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { quoted } from '../quoted.ts'
import type { UpperLayer } from './changed.ts'
import { asChangesError, changesError, errnoOf, type Missing } from './failure.ts'
import { descriptionFile } from './keep.ts'
import { nameOf } from './names.ts'

export interface KeptChanges {
  /** Both as Date.now() has them. */
  createdMs: number
  startedMs: number
  command: string[]
  /** All paths are absolute. */
  layers: UpperLayer[]
  /** What could not be kept. */
  missing: Missing[]
}

/** What `keptDescription` of src/config answers. */
interface Description {
  created: string
  started: string
  command: string[]
  overlays: { target: string; upper: string; lowers: string[]; directories?: Record<string, string> | undefined }[]
  missing?: Missing[] | undefined
}

/** `check` is `keptDescription` of src/config, which alone knows zod. */
export function readKept(directory: string, check: (input: unknown, where: string) => Description): KeptChanges {
  const file = join(resolve(directory), descriptionFile)
  const { created, started, command, overlays, missing = [] } = check(parse(read(file, directory), file), file)
  const layers = overlays.map(({ target, upper, lowers, directories }) => ({
    target,
    upper: join(resolve(directory), upper),
    lowers,
    ...(directories && { directories: new Map(Object.entries(directories).map(([path, inode]) => [nameOf(path), inode])) }),
  }))
  for (const { upper, lowers } of layers) {
    for (const path of [upper, ...lowers]) requireDirectory(path, file)
    // What is unreadable in an upper is opened up for a while: that must not happen elsewhere.
    if (lstatSync(upper).isSymbolicLink())
      throw changesError('ERR_NSBOX_KEPT', `${quoted(upper)} is a link, and leads out of the kept changes`)
  }
  return { createdMs: Date.parse(created), startedMs: Date.parse(started), command, layers, missing }
}

function read(file: string, directory: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if (!['ENOENT', 'ENOTDIR'].includes(errnoOf(error) ?? ''))
      throw asChangesError('ERR_NSBOX_KEPT', `${quoted(file)} cannot be read`, error)
    throw changesError(
      'ERR_NSBOX_KEPT',
      `${quoted(directory)} holds no kept changes: there is no ${quoted(file)}`,
      'Name a directory that nsbox kept changes in.',
    )
  }
}

function parse(text: string, file: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw asChangesError('ERR_NSBOX_KEPT', `${quoted(file)} is damaged`, error)
  }
}

function requireDirectory(path: string, file: string): void {
  const isDirectory = statSync(path, { throwIfNoEntry: false })?.isDirectory()
  if (!isDirectory) throw changesError('ERR_NSBOX_KEPT', `${quoted(file)} names the directory ${quoted(path)}, which is not there any more`)
}
