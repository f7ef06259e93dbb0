// A sandbox of a zygote, from the request to its end.

import type { Socket } from 'node:net'
import { type ErrorData, errorToData } from '../errors.ts'
import type { SandboxPlan } from '../plan/plan.ts'
import type { SandboxEnd } from '../wire/protocol.ts'
import { type AnySandbox, SandboxEnds, type Streams } from './sandbox.ts'

export class Child implements AnySandbox {
  readonly ends: SandboxEnds
  readonly ended: Promise<SandboxEnd>
  readonly kill: () => void
  pid: number | undefined
  readonly #forked = Promise.withResolvers<number>()
  readonly #reported = Promise.withResolvers<SandboxEnd>()
  #failure: ErrorData | undefined

  constructor(streams: Streams, plan: SandboxPlan, kill: () => void) {
    this.kill = kill
    this.ends = new SandboxEnds(streams, plan, (error) => {
      this.fail(errorToData(error))
      kill()
    })
    this.#forked.promise.catch(() => undefined)
    this.ended = this.#reported.promise.then(async (end) => {
      await Promise.all([this.ends.drained(), this.ends.ports?.close()])
      this.ends.control?.close()
      this.ends.names?.close()
      this.ends.traffic?.close()
      return end
    })
  }

  /** The pid of the sandbox's init. Rejects when it is never forked. */
  get forked(): Promise<number> {
    return this.#forked.promise
  }

  get stdin(): Socket | null {
    return this.ends.stdin
  }

  get stdout(): Socket | null {
    return this.ends.stdout
  }

  get stderr(): Socket | null {
    return this.ends.stderr
  }

  get channel(): AnySandbox['channel'] {
    return this.ends.channel
  }

  get control(): AnySandbox['control'] {
    return this.ends.control
  }

  get ports(): AnySandbox['ports'] {
    return this.ends.ports
  }

  get names(): AnySandbox['names'] {
    return this.ends.names
  }

  get traffic(): AnySandbox['traffic'] {
    return this.ends.traffic
  }

  takeScratch(): number | undefined {
    return this.ends.takeScratch()
  }

  takeRoot(): number | undefined {
    return this.ends.takeRoot()
  }

  begin(pid: number): void {
    this.pid = pid
    this.#forked.resolve(pid)
  }

  /** What went wrong on this side; the sandbox ends soon. */
  fail(error: ErrorData): void {
    this.#failure = error
  }

  end(end: SandboxEnd): void {
    this.#forked.reject(end.error)
    this.#reported.resolve(this.#failure ? { ...end, error: this.#failure } : end)
  }
}
