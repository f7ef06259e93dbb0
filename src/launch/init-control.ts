// Orders to the init of a running sandbox (wire/protocol.ts, InitOrder).

import { read } from 'node:fs'
import { promisify } from 'node:util'
import { errorFromData, NsboxError } from '../errors.ts'
import type { EmulatedChange } from '../plan/limits.ts'
import { close } from '../sys/descriptor.ts'
import { sendWithDescriptors, socketpair } from '../sys/socket.ts'
import type { EmulatedUsage, InitAnswer, InitOrder, NotEnforced } from '../wire/protocol.ts'

const readSome = promisify(read)

type Order = InitOrder extends infer One ? (One extends InitOrder ? Omit<One, 'id'> : never) : never

/** Every method rejects with `ERR_NSBOX_ENDED` when the sandbox has ended. */
export class InitControl {
  /** For the sandbox's init. */
  readonly theirs: number
  #ours: number | undefined
  readonly #pending = new Map<number, PromiseWithResolvers<InitAnswer>>()
  #nextId = 1
  #text = ''
  #reading = false

  constructor() {
    const [ours, theirs] = socketpair()
    this.#ours = ours
    this.theirs = theirs
  }

  /**
   * Replaces the limits that are given; null lifts one. Answers those that are not in force.
   * @throws NsboxError of the first of them, when the plan says `require`: the others are in force all the same
   */
  async setLimits(limits: EmulatedChange): Promise<NotEnforced[]> {
    const { notEnforced = [] } = await this.#order({ do: 'set-limits', limits })
    return notEnforced
  }

  /** Settles when all processes stand still. */
  async freeze(): Promise<void> {
    await this.#order({ do: 'freeze' })
  }

  async thaw(): Promise<void> {
    await this.#order({ do: 'thaw' })
  }

  /** Of now. */
  async usage(): Promise<EmulatedUsage> {
    const { usage } = await this.#order({ do: 'usage' })
    return usage as EmulatedUsage
  }

  /** When the sandbox has ended. */
  close(): void {
    const fd = this.#ours
    this.#ours = undefined
    // A read in progress has the descriptor, and maybe an answer from before the end; it ends with the sandbox.
    if (fd !== undefined && !this.#reading) this.#end(fd)
  }

  async #order(order: Order): Promise<InitAnswer> {
    if (this.#ours === undefined) throw ended()
    const id = this.#nextId++
    const answered = Promise.withResolvers<InitAnswer>()
    this.#pending.set(id, answered)
    try {
      sendWithDescriptors(this.#ours, Buffer.from(`${JSON.stringify({ ...order, id })}\n`), [])
      if (!this.#reading) void this.#listen(this.#ours)
    } catch {
      this.close() // EPIPE: init is gone
    }
    const answer = await answered.promise
    if (answer.error) throw errorFromData(answer.error)
    return answer
  }

  /** Only while an answer is due: what waits for nothing must not keep the event loop alive. */
  async #listen(fd: number): Promise<void> {
    this.#reading = true
    const buffer = Buffer.alloc(1 << 14)
    while (this.#pending.size > 0) {
      const bytesRead = await readSome(fd, buffer, 0, buffer.length, null).then(
        (result) => result.bytesRead,
        () => 0, // ECONNRESET: orders that nobody has read
      )
      if (bytesRead === 0) break
      this.#settle(buffer.toString('utf8', 0, bytesRead))
    }
    this.#reading = false
    if (this.#ours === undefined || this.#pending.size > 0) this.#end(fd)
  }

  #end(fd: number): void {
    this.#ours = undefined
    close(fd)
    for (const { reject } of this.#pending.values()) reject(ended())
    this.#pending.clear()
  }

  #settle(text: string): void {
    const lines = (this.#text + text).split('\n')
    this.#text = lines.pop() ?? ''
    for (const line of lines) {
      const answer = JSON.parse(line) as InitAnswer
      this.#pending.get(answer.id)?.resolve(answer)
      this.#pending.delete(answer.id)
    }
  }
}

function ended(): NsboxError {
  return new NsboxError('The sandbox has ended, and takes no orders any more', { code: 'ERR_NSBOX_ENDED', stage: 'launch' })
}
