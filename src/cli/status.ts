// JSON lines about a run, for whoever asked for them with --status-fd.

import { writeSync } from 'node:fs'
import { configError } from '../errors.ts'
import { jsonText } from '../quoted.ts'
import { givenForWriting, isWritableNow, waitWritable } from '../sys/descriptor.ts'

/** What a pipe that is ready takes at once, in bytes (pipe(7), PIPE_BUF): writing more could block, and the command's timeout with it. */
const piece = 4096
/** Between two looks at a pipe that is full, in milliseconds. */
const pause = 20

export class StatusLines {
  readonly #fd: number | undefined
  /** What its reader has not taken yet. */
  #waiting: Buffer = Buffer.alloc(0)
  #timer: NodeJS.Timeout | undefined
  #isOver = false
  /** True when lines were lost because they could not be written. */
  hasFailed = false

  /** @throws NsboxError ERR_NSBOX_CONFIG when the descriptor is not open */
  constructor(fd: number | undefined) {
    this.#fd = fd
    if (fd !== undefined) requireOpen(fd)
  }

  /** The command goes on, whatever becomes of the line. */
  post(line: object): void {
    if (this.#fd === undefined || this.#isOver) return
    this.#waiting = Buffer.concat([this.#waiting, Buffer.from(`${jsonText(line)}\n`)])
    if (!this.#timer) this.#write(this.#fd)
  }

  /** Waits until its reader has taken all lines, or is gone. */
  flush(): void {
    clearTimeout(this.#timer)
    while (this.#fd !== undefined && this.#waiting.length > 0) {
      waitWritable(this.#fd)
      this.#writePiece(this.#fd)
    }
  }

  /** As much as is taken now, and the rest later. */
  #write(fd: number): void {
    this.#timer = undefined
    while (this.#waiting.length > 0 && isWritableNow(fd)) this.#writePiece(fd)
    if (this.#waiting.length > 0) this.#timer = setTimeout(() => this.#write(fd), pause)
  }

  #writePiece(fd: number): void {
    try {
      this.#waiting = this.#waiting.subarray(writeSync(fd, this.#waiting.subarray(0, piece)))
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException
      if (code === 'EAGAIN') return
      this.#waiting = Buffer.alloc(0)
      this.#isOver = true
      // A reader that has stopped reading misses the rest.
      if (code === 'EPIPE') return
      this.hasFailed = true
      console.error(`nsbox: --status-fd is ${fd}: lines are lost, because they cannot be written: ${message}`)
    }
  }
}

/** A number may well be open and be one of node's own. */
function requireOpen(fd: number): void {
  if (givenForWriting().includes(fd)) return
  throw configError(`--status-fd is ${fd}: no such descriptor is open; open it in the shell: nsbox run --status-fd ${fd} … ${fd}>status`)
}
