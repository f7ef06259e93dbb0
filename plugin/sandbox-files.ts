// The file system of a running sandbox, as the host sees it through the sandbox's root directory.

import fs, { type BigIntStats, type Stats } from 'node:fs'
import { close, openPathInRoot } from '../src/sys/descriptor.ts'

// What this file asks for is the host's, whatever node:fs shows others: see seen-fs.ts.
const { readlinkSync, statSync } = fs

export interface HeldPlace {
  /** A path of the host. Nothing is there where the sandbox has nothing. */
  path: string
  /** The sandbox's path without links; undefined where it has nothing. */
  realPath: string | undefined
  close(): void
}

const nowhere: HeldPlace = { path: '/proc/self/fd/-1', realPath: undefined, close: () => undefined }

export class SandboxFiles {
  readonly #root: number

  /** `root` is a handle to the sandbox's root directory, and becomes this object's own. */
  constructor(root: number) {
    this.#root = root
  }

  /** Paths below it lead into the sandbox, but for absolute links, which lead to the host: path_resolution(7). */
  get prefix(): string {
    return `/proc/self/fd/${this.#root}`
  }

  /** A handle to the file or directory that the sandbox has at `path`, whatever links are on the way. The caller closes it. */
  hold(path: string): HeldPlace {
    const fd = this.#open(path)
    if (fd === undefined) return nowhere
    const held = `/proc/self/fd/${fd}`
    // Opening a FIFO would wait for its other end, for ever: fifo(7).
    if (isPlain(statSync(held))) return { path: held, realPath: readlinkSync(held), close: () => close(fd) }
    close(fd)
    return nowhere
  }

  #open(path: string): number | undefined {
    try {
      return openPathInRoot(this.#root, path)
    } catch {
      return undefined
    }
  }

  /** Undefined where the sandbox has nothing. Links are followed. */
  stat(path: string): BigIntStats | undefined {
    const held = this.hold(path)
    try {
      return statSync(held.path, { bigint: true, throwIfNoEntry: false })
    } finally {
      held.close()
    }
  }

  /** The path without links; undefined where the sandbox has nothing. */
  realPath(path: string): string | undefined {
    const { realPath, close } = this.hold(path)
    close()
    return realPath
  }

  /** True for a file that the sandbox has and the host has not, or has with another content. */
  owns(path: string): boolean {
    const inside = this.stat(path)
    return inside?.isFile() === true && !isSame(inside, statSync(path, { bigint: true, throwIfNoEntry: false }))
  }

  /** True for what is the host's very own, and nothing that the sandbox has made. */
  shares(path: string): boolean {
    const inside = this.stat(path)
    return inside !== undefined && isSame(inside, statSync(path, { bigint: true, throwIfNoEntry: false }))
  }

  /** True for what the host has at `path` and the sandbox has not. */
  hides(path: string): boolean {
    return statSync(path, { throwIfNoEntry: false }) !== undefined && this.stat(path) === undefined
  }

  close(): void {
    close(this.#root)
  }
}

function isPlain(stats: Stats): boolean {
  return stats.isFile() || stats.isDirectory()
}

/** An overlay shows the times of the file below, as long as nobody has written to it (Documentation/filesystems/overlayfs.rst). The change time cannot be set. */
function isSame(a: BigIntStats, b: BigIntStats | undefined): boolean {
  return b !== undefined && a.ctimeNs === b.ctimeNs && a.mtimeNs === b.mtimeNs && a.size === b.size
}
