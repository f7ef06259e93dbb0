// `--last-failed [file]`: what a test file has left in the newest run of vitest with the pool's option keep.

import { readFileSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import type { UpperLayer } from '../changes/changed.ts'
import { type Missing, missingLines } from '../changes/failure.ts'
import { keepLayers } from '../changes/keep.ts'
import { readKept } from '../changes/read-kept.ts'
import { type FailedFile, type FailedList, failedList } from '../config/failed.ts'
import { keptDescription } from '../config/kept.ts'
import type { RunFlags } from '../config/run-flags.ts'
import { configError } from '../errors.ts'
import { throwawayDirectory } from '../launch/throwaway-directory.ts'
import { inQuotes, quoted } from '../quoted.ts'
import { findFailedPlace, listFile } from '../run/failed-place.ts'
import { readHoldingSignals } from './held-signals.ts'

const flag = '--last-failed'

export interface Asked {
  /** As it was given; undefined for the first that failed. */
  file: string | undefined
}

/** The flag with its file, and the words without them. A `--` is the end of both. */
export function takeLastFailed(words: readonly string[]): { words: string[]; asked: Asked | undefined } {
  const at = words.findIndex((word) => word === '--' || word === flag || word.startsWith(`${flag}=`))
  const word = words[at]
  if (word === undefined || word === '--') return { words: [...words], asked: undefined }
  const next = words[at + 1]
  const isFile = word === flag && next !== undefined && !next.startsWith('-')
  const file = isFile ? next : word.slice(flag.length + 1) || undefined
  return { words: words.toSpliced(at, isFile ? 2 : 1), asked: { file } }
}

/** @throws NsboxError ERR_NSBOX_CONFIG when nothing is kept, or not of that file */
export function lastFailed({ file }: Asked): { list: FailedList; left: FailedFile; directory: string } {
  const place = findFailedPlace(process.cwd(), process.env)
  if (place === undefined) {
    const option = "the pool's option keep: 'on-failure' keeps what failed files leave"
    throw configError(`${flag}: nothing is kept of a run of vitest in ${quoted(process.cwd())} or around it; ${option}`)
  }
  const list = failedList(JSON.parse(readFileSync(join(place, listFile), 'utf8')), join(place, listFile))
  const left = choose(list, file)
  return { list, left, directory: join(place, left.directory) }
}

function choose({ files, cwd }: FailedList, file: string | undefined): FailedFile {
  const nameOf = (one: FailedFile) => quoted(relative(cwd, one.file))
  const names = files.map(nameOf).join(', ') || 'no file'
  if (file === undefined) {
    const first = files.find(({ failed }) => failed) ?? files[0]
    if (!first) throw configError(`${flag}: ${names} of the newest run is kept`)
    if (files.length > 1) console.error(`nsbox: this is ${nameOf(first)}, of ${names}`)
    return first
  }
  const fitting = files.filter((one) => one.file === resolve(file))
  const near = fitting.length > 0 ? fitting : files.filter((one) => one.file.includes(file))
  const [only, another] = near
  if (only && !another) return only
  throw configError(`${flag} is ${inQuotes(file)}: ${only ? 'several files are called so' : 'nothing of it is kept'}; kept is ${names}`)
}

/** The flags of a shell in that state: its directory, environment, overlays, and on them what the file has left. */
export async function inStateOf(flags: RunFlags, asked: Asked): Promise<RunFlags> {
  const { list, left, directory } = lastFailed(asked)
  const { layers, command, startedMs, missing } = readKept(directory, keptDescription)
  tellMissing(missing)
  const copy = await readHoldingSignals(() => copyOf(layers, { command, startedMs }))
  const overlays = [...new Set(layers.map(({ target }) => target))]
  return {
    ...flags,
    sandbox: { ...flags.sandbox, overlays, layers: [...flags.sandbox.layers, copy], cwd: flags.sandbox.cwd ?? list.cwd },
    environment: [...Object.entries(left.env).map(([name, value]) => ({ do: 'set' as const, name, value })), ...flags.environment],
  }
}

/**
 * Elsewhere, because it is kept below an overlay: the kernel answers ELOOP for a lower directory that lies
 * in another. It goes with this process: nobody has to remove it.
 */
async function copyOf(layers: readonly UpperLayer[], about: { command: string[]; startedMs: number }): Promise<string> {
  const { path } = await throwawayDirectory('/var/tmp')
  // What lies under it is setup's, and lies beside it.
  const below = [...new Set(layers.flatMap(({ lowers }) => lowers.slice(0, -1)))]
  const setup = join(path, 'setup')
  const setupKept = keepLayers(
    below.map((upper) => ({ target: '/', upper, lowers: ['/'] })),
    setup,
    about,
  )
  tellMissing(setupKept.missing)
  const moved = (lower: string) => (below.includes(lower) ? join(setup, String(below.indexOf(lower))) : lower)
  const copy = join(path, 'left')
  const { missing } = keepLayers(
    layers.map((layer) => ({ ...layer, lowers: layer.lowers.map(moved) })),
    copy,
    about,
  )
  tellMissing(missing)
  return copy
}

function tellMissing(missing: readonly Missing[]): void {
  if (missing.length > 0) console.error(['nsbox: this is missing in it:', ...missingLines(missing)].join('\n'))
}
