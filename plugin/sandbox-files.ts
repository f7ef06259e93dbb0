// The file system of a running sandbox, as the host sees it through the sandbox's root directory.

import fs, { type BigIntStats } from 'node:fs'
import { close, openPathInRoot } from '../src/sys/descriptor.ts'
import { type FileView, type HeldPlace, held, nowhere } from './file-view.ts'

// What this file asks for is the host's, whatever node:fs shows others: see seen-fs.ts.
const { statSync } = fs

export class SandboxFiles implements FileView {
  /** -1 once it is closed: the number may be another sandbox's by then. */
  #root: number

  /** `root` is a handle to the sandbox's root directory, and becomes this object's own. */
  constructor(root: number) {
    this.#root = root
  }

  /** Links on the way lead to what the sandbox has there. `longest` is in bytes, for what will not be in memory. */
  hold(path: string, longest?: number): HeldPlace {
    try {
      return held(openPathInRoot(this.#root, path), longest)
    } catch {
      return nowhere
    }
  }

  /** Undefined where the sandbox has no file or directory. Links are followed. */
  stat(path: string): BigIntStats | undefined {
    const place = this.hold(path)
    try {
      return statSync(place.path, { bigint: true, throwIfNoEntry: false })
    } finally {
      place.close()
    }
  }

  /** True for a file that the sandbox has and the host has not, or has with another content. */
  owns(path: string): boolean {
    return this.stat(path)?.isFile() === true && !this.shares(path)
  }

  /** True for what is the host's very own, and nothing that the sandbox has made. */
  shares(path: string): boolean {
    const inside = this.stat(path)
    return inside !== undefined && isSame(inside, onHost(path))
  }

  /** True for a file of the host's that the sandbox has removed, or does not see. */
  lacks(path: string): boolean {
    return onHost(path) !== undefined && this.stat(path) === undefined
  }

  close(): void {
    close(this.#root)
    this.#root = -1
  }
}

/** Undefined for what cannot be looked at as well: a name that is too long, or a directory that is closed to the caller. */
function onHost(path: string): BigIntStats | undefined {
  try {
    return statSync(path, { bigint: true, throwIfNoEntry: false })
  } catch {
    return undefined
  }
}

/** An overlay shows the times of the file below, as long as nobody has written to it (Documentation/filesystems/overlayfs.rst). The change time cannot be set. */
function isSame(a: BigIntStats, b: BigIntStats | undefined): boolean {
  return b !== undefined && a.ctimeNs === b.ctimeNs && a.mtimeNs === b.mtimeNs && a.size === b.size
}
