// Copies of the attachments of one worker on the host, until vitest has copied them.

import { existsSync, lstatSync, rmSync, statSync } from 'node:fs'
import { mkdtemp, statfs } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { isWithin } from '../src/plan/paths.ts'
import { quoted } from '../src/quoted.ts'
import { copyWithHoles } from './hole-copy.ts'
import { realLocation } from './places.ts'
import type { SandboxFiles } from './sandbox-files.ts'

export interface AttachmentPlace {
  /** vitest's attachmentsDir. */
  directory: string
  /** Undefined without a mount namespace: its files are the host's. */
  files: (() => SandboxFiles | undefined) | undefined
  /** A directory that ends with the pool. */
  staging(): Promise<string>
  /** The path is written for vitest. */
  know(path: string): void
}

export interface Staged {
  path: string
  remove(): void
}

/** Holes in all attachments of one worker, in bytes: vitest's copy fills them, and they cost a sandbox nothing. */
const mostHoles = 2 ** 30

export class StagedAttachments {
  readonly #place: AttachmentPlace
  #holes = 0

  constructor(place: AttachmentPlace) {
    this.#place = place
  }

  /** Copies a file of the sandbox. Undefined where no file is there. @throws Error for one that does not fit */
  async stage(path: string): Promise<Staged | undefined> {
    const { files, directory, staging, know } = this.#place
    const held = files ? files()?.hold(path, Number.POSITIVE_INFINITY) : { path, close: () => undefined }
    try {
      const stats = held && statSync(held.path, { throwIfNoEntry: false })
      if (!held || stats?.isFile() !== true) return undefined
      await requireSpace(path, stats.size, directory)
      const own = await mkdtemp(join(await staging(), 'attachment-'))
      const staged: Staged = { path: join(own, basename(path)), remove: () => rmSync(own, { recursive: true, force: true }) }
      try {
        this.#holes += await copyWithHoles(held.path, staged.path, mostHoles - this.#holes, () => tooManyHoles(path))
      } catch (error) {
        staged.remove()
        throw error
      }
      const real = realLocation(path)
      // A file of the host's that a test changes is changed, attached or not.
      if (isWithin(real, directory) || !isThere(real)) know(real)
      return staged
    } finally {
      held?.close()
    }
  }
}

function isThere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined
}

async function requireSpace(path: string, size: number, directory: string): Promise<void> {
  const { blocks, bavail, bsize } = await statfs(existing(directory))
  const free = bavail * bsize
  // Some file systems of FUSE do not count.
  if (blocks > 0 && size > free)
    throw new Error(
      `${quoted(path)} cannot be attached: it has ${inMiB(size)}, and ${quoted(directory)} has ${inMiB(free)} left. Set attachmentsDir to a larger disk.`,
    )
}

function tooManyHoles(path: string): Error {
  return new Error(
    `${quoted(path)} cannot be attached: the holes in the attachments of one worker may have ${inMiB(mostHoles)} in all, because vitest’s copy fills them. Attach what the file holds.`,
  )
}

function existing(directory: string): string {
  return existsSync(directory) ? directory : existing(dirname(directory))
}

function inMiB(bytes: number): string {
  return `${Math.ceil(bytes / 2 ** 20)} MiB`
}
