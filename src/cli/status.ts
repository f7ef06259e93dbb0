// JSON lines about a run, for whoever asked for them with --status-fd.

import { writeSync } from 'node:fs'
import { configError } from '../errors.ts'
import { givenForWriting } from '../sys/descriptor.ts'

export class StatusLines {
  readonly #fd: number | undefined

  /** @throws NsboxError ERR_NSBOX_CONFIG when the descriptor is not open */
  constructor(fd: number | undefined) {
    this.#fd = fd
    if (fd !== undefined) requireOpen(fd)
  }

  post(line: object): void {
    if (this.#fd === undefined) return
    try {
      writeSync(this.#fd, `${JSON.stringify(line)}\n`)
    } catch (error) {
      // Who stopped reading misses the rest; the command goes on.
      if ((error as NodeJS.ErrnoException).code !== 'EPIPE') throw error
    }
  }
}

/** A number may well be open and be one of node's own. */
function requireOpen(fd: number): void {
  if (givenForWriting().includes(fd)) return
  throw configError(`--status-fd is ${fd}: no such descriptor is open; open it in the shell: nsbox run --status-fd ${fd} … ${fd}>status`)
}
