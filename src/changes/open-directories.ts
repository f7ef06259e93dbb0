// The directories of the target from its root down to where changes are made, each held open.

import { closeSync, constants, openSync } from 'node:fs'
import { reach } from '../sys/long-path.ts'
import type { UpperLayer } from './changed.ts'
import { errnoOf } from './failure.ts'
import { openTarget } from './target.ts'

/** A handle to a place that grants no access by itself (open(2)). */
export const O_PATH = 0o10000000

export interface OpenDirectory {
  readonly name: string
  /** Leads to this very directory, whatever its name has become: proc_pid_fd(5). */
  readonly path: string
  readonly fd: number
  /** Called when the last change below is made. It does not throw. */
  leave?: () => void
}

/**
 * Opened one by one, each through the one above and never through a symbolic link: a link that takes the place of
 * a directory cannot lead out of the target.
 */
export class OpenDirectories {
  readonly #stack: OpenDirectory[]

  constructor(layer: Pick<UpperLayer, 'target' | 'inode'>) {
    this.#stack = [opened(openTarget(layer), '')]
  }

  get top(): OpenDirectory {
    return this.#stack.at(-1) as OpenDirectory
  }

  /** The directory with this path relative to the target. `entered` is called for each that is newly opened. */
  at(path: string, entered: (directory: OpenDirectory) => void): OpenDirectory {
    const names = path === '' ? [] : path.split('/')
    const held = this.#stack.slice(1).map(({ name }) => name)
    const shared = held.findIndex((name, index) => name !== names[index])
    this.#leaveTo(shared < 0 ? held.length : shared)
    for (const name of names.slice(this.#stack.length - 1)) {
      const directory = openBelow(this.top, name)
      this.#stack.push(directory)
      entered(directory)
    }
    return this.top
  }

  /** Leaves them all. */
  close(): void {
    this.#leaveTo(-1)
  }

  #leaveTo(depth: number): void {
    while (this.#stack.length - 1 > depth) {
      const directory = this.#stack.pop() as OpenDirectory
      directory.leave?.()
      closeSync(directory.fd)
    }
  }
}

export function openBelow({ path }: Pick<OpenDirectory, 'path'>, name: string): OpenDirectory {
  try {
    return opened(openSync(reach(`${path}/${name}`), O_PATH | constants.O_DIRECTORY | constants.O_NOFOLLOW), name)
  } catch (error) {
    const errno = errnoOf(error)
    if (errno !== 'ENOTDIR' && errno !== 'ELOOP') throw error
    throw Object.assign(new Error(`${errno}: ${name} is no directory any more`, { cause: error }), { code: errno })
  }
}

function opened(fd: number, name: string): OpenDirectory {
  return { fd, name, path: `/proc/self/fd/${fd}` }
}
