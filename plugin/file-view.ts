// File systems as somebody sees them: a sandbox, or the host without what its sandboxes do not see.

import fs, { type Stats } from 'node:fs'
import { close, openRealPath } from '../src/sys/descriptor.ts'

// What this file asks for is the host's, whatever node:fs shows others: see seen-fs.ts.
const { readlinkSync, realpathSync, statSync } = fs
const realPathOf = realpathSync.native

/** Of a file, in bytes. Nothing that Vite makes a module of is longer, and all of it would be in memory. */
const longest = 256 * 1024 * 1024

export interface HeldPlace {
  /** A path of the host. Nothing is there where nothing is seen. */
  path: string
  /** The path without links, as it is seen; undefined where nothing is. */
  realPath: string | undefined
  /** Something is there, and is not shown. */
  isHidden?: true
  close(): void
}

export interface FileView {
  /** A handle to the file or directory that is seen at `path`. The caller closes it. */
  hold(path: string): HeldPlace
}

export const nowhere: HeldPlace = { path: '/proc/self/fd/-1', realPath: undefined, close: () => undefined }

/** For a handle to a file or directory; nothing for other kinds. */
export function held(fd: number, limit: number = longest): HeldPlace {
  const path = `/proc/self/fd/${fd}`
  // Opening a FIFO would wait for its other end, for ever: fifo(7). A device may have no end.
  if (isPlain(statSync(path), limit)) return { path, realPath: readlinkSync(path), close: () => close(fd) }
  close(fd)
  return nowhere
}

function isPlain(stats: Stats, limit: number): boolean {
  return stats.isDirectory() || (stats.isFile() && stats.size <= limit)
}

/** The host, without what one kind of sandbox does not see. */
export class HostView implements FileView {
  /** By real paths. */
  readonly #shows: (path: string) => boolean

  constructor(shows: (path: string) => boolean) {
    this.#shows = shows
  }

  hold(path: string): HeldPlace {
    try {
      const real = realPathOf(path)
      // A sandbox that may write somewhere could put a link there meanwhile.
      return this.#shows(real) ? held(openRealPath(real)) : { ...nowhere, isHidden: true }
    } catch {
      return nowhere
    }
  }

  /** True for what the host has at `path` and the sandboxes do not see. */
  hides(path: string): boolean {
    try {
      return !this.#shows(realPathOf(path))
    } catch {
      return false
    }
  }
}
