// Keeps what test files have left, so that one can look at it when the run is over.

import { randomUUID } from 'node:crypto'
import { renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { UpperLayer } from '../changes/changed.ts'
import type { Missing } from '../changes/failure.ts'
import { keepLayers } from '../changes/keep.ts'
import { upperSize } from '../changes/upper-size.ts'
import type { FailedFile, FailedList } from '../config/failed.ts'
import { inRealDirectory, realPlace, removeRealTree } from '../sys/real-file.ts'
import { clearFailedPlace, failedPlaces, listFile, makeFailedPlace } from './failed-place.ts'

const mostFiles = 20
/** Of all together, in bytes. */
const mostBytes = 256 * 1024 ** 2

export interface FailedFilesOptions {
  workspace: string
  cwd: string
  env: NodeJS.ProcessEnv
}

/** Files that shared a sandbox, and what they have left together. */
export interface Left {
  files: Omit<FailedFile, 'directory'>[]
  layers: readonly UpperLayer[]
  /** What setup wrote, which lies under it. */
  setup: readonly UpperLayer[]
  startedMs: number
}

export class FailedFiles {
  readonly #options: FailedFilesOptions
  /** Real paths, from before any file runs that could put a link there. */
  readonly #candidates: readonly string[]
  #place: string | undefined
  #files: FailedFile[] = []
  /** Where setup's layers are kept, by where they were. */
  readonly #setup = new Map<string, string>()
  #bytes = 0
  #count = 0

  /** What an earlier run has left is gone. */
  constructor(options: FailedFilesOptions) {
    this.#options = options
    clearFailedPlace(options.workspace, options.env)
    this.#candidates = failedPlaces(options.workspace, options.env).map(realPlace)
  }

  get kept(): readonly FailedFile[] {
    return this.#files
  }

  /** Why it was not kept, or what of it was not. @throws NsboxError ERR_NSBOX_KEEP */
  keep(left: Left): { why: string } | { missing: readonly Missing[] } {
    if (this.#files.length + left.files.length > mostFiles) return { why: `${mostFiles} files are kept already` }
    const setup = left.setup.filter(({ upper }) => !this.#setup.has(upper))
    const size = sizeOf([...left.layers, ...setup])
    if (this.#bytes + size > mostBytes) {
      const [own, all, taken] = [size, mostBytes, this.#bytes].map(mebibytes)
      return { why: `it has ${own}, and what is kept may have ${all} in all, of which ${taken} are taken` }
    }
    this.#place ??= makeFailedPlace(this.#candidates)
    this.#keepSetup(setup, left, this.#place)
    const directory = String(this.#count++)
    // The directory that setup's layers are in now goes with the run.
    const layers = left.layers.map((layer) => ({ ...layer, lowers: layer.lowers.map((lower) => this.#setup.get(lower) ?? lower) }))
    const { missing } = keepLayers(layers, join(this.#place, directory), about(left))
    this.#bytes += size
    this.#files = [...this.#files, ...left.files.map((file) => ({ ...file, directory }))]
    this.#writeList()
    return { missing }
  }

  /** They run again. */
  forget(files: readonly string[]): void {
    const gone = this.#files.filter(({ file }) => files.includes(file))
    if (gone.length === 0) return
    this.#files = this.#files.filter((file) => !gone.includes(file))
    this.#writeList()
    for (const { directory } of gone) {
      const isNeeded = this.#files.some((other) => other.directory === directory)
      if (!isNeeded) removeRealTree(join(this.#place as string, directory))
    }
  }

  /** Once for all files. */
  #keepSetup(layers: readonly UpperLayer[], left: Left, place: string): void {
    if (layers.length === 0) return
    const directory = join(place, `setup-${this.#setup.size}`)
    keepLayers(layers, directory, about(left))
    for (const [index, { upper }] of layers.entries()) this.#setup.set(upper, join(directory, String(index)))
  }

  /** At once, for whoever reads it meanwhile. */
  #writeList(): void {
    const list: FailedList = { version: 1, cwd: this.#options.cwd, files: this.#files }
    inRealDirectory(this.#place as string, (place) => {
      const fresh = join(place, `${listFile}.${randomUUID()}`)
      writeFileSync(fresh, `${JSON.stringify(list, undefined, 2)}\n`, { flag: 'wx' })
      renameSync(fresh, join(place, listFile))
    })
  }
}

function about({ files, startedMs }: Left): { command: string[]; startedMs: number } {
  return { command: ['vitest', ...files.map(({ file }) => file)], startedMs }
}

function sizeOf(layers: readonly UpperLayer[]): number {
  return layers.reduce((sum, { upper }) => sum + upperSize(upper), 0)
}

function mebibytes(bytes: number): string {
  return `${Math.ceil(bytes / 1024 ** 2)} MiB`
}
