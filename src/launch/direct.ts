// A program in a sandbox forked from this very process, without a zygote: what the command does, whose
// node is young, has one thread and does nothing else.

import { read } from 'node:fs'
import { promisify } from 'node:util'
import { errorToData } from '../errors.ts'
import type { SandboxPlan } from '../plan/plan.ts'
import { killDescendants } from '../sys/descendants.ts'
import { close, closeAtExec } from '../sys/descriptor.ts'
import { keepHeapOverFork } from '../sys/node-heap.ts'
import { pidfdOpen, pidfdSendSignal, waitpid } from '../sys/process.ts'
import type { Program, SandboxEnd } from '../wire/protocol.ts'
import { forkSandbox } from '../zygote/birth.ts'
import { becomeProgram } from '../zygote/program.ts'
import { parseLine, sandboxEnd } from '../zygote/report-pipe.ts'
import { ThreadWatch } from '../zygote/threads.ts'
import { Handles } from './handles.ts'
import type { IdMapper } from './id-mapper.ts'
import { InitControl } from './init-control.ts'
import { NameServer } from './name-server.ts'
import type { Ports } from './ports.ts'
import { TrafficQueue } from './traffic.ts'

const SIGKILL = 9
const readSome = promisify(read)

export interface DirectOptions {
  /** Whether what overlays keep is wanted. */
  scratch: boolean
  /** Whether orders are to be given to its init. */
  control: boolean
  /** The program stays in the session of the caller's terminal; its stops are told to `onStop`. */
  job: boolean
  onStop(signal: number): void
  /** Started beforehand, for plans that need one. */
  mapper: IdMapper | undefined
  /** Directory of the cgroup to be born in. */
  cgroup: number | undefined
  /** Descriptors above stderr to pass to the program. */
  passed: readonly number[]
  /** Those of its plan; the host's are taken already. */
  ports: Ports | undefined
}

/** A sandbox whose standard streams are this process's own. */
export class DirectSandbox {
  readonly pid: number
  readonly forked: Promise<void> = Promise.resolve()
  readonly ended: Promise<SandboxEnd>
  /** Null where it was not asked for. */
  readonly control: InitControl | null
  readonly ports: Ports | null
  readonly #pidfd: number
  readonly #hostPids: boolean
  readonly #handles: Handles | undefined
  #failure: SandboxEnd['error']

  private constructor(
    birth: { pid: number; pidfd: number; report: number; hostPids: boolean },
    handles: Handles | undefined,
    control: InitControl | null,
    ports: Ports | undefined,
    onStop: (signal: number) => void,
  ) {
    this.pid = birth.pid
    this.#pidfd = birth.pidfd
    this.#hostPids = birth.hostPids
    this.#handles = handles
    this.control = control
    this.ports = ports ?? null
    this.ended = this.#follow(birth.report, onStop)
  }

  /** @throws SysError when the kernel gives no namespaces */
  static launch(plan: SandboxPlan, program: Program, options: DirectOptions): DirectSandbox {
    const { scratch, control, job, mapper, onStop, cgroup, ports, passed } = options
    try {
      closeAtExec()
      keepHeapOverFork()
      new ThreadWatch().check()
      const self = pidfdOpen(process.pid)
      const names = NameServer.of(plan)
      const traffic = TrafficQueue.of(plan, (error) => sandbox.#fail(error))
      const takers = [ports, names, traffic].filter((taker) => taker !== undefined)
      const kept = scratch || takers.length > 0 ? new Handles() : undefined
      const sealed = takers.length > 0 ? kept?.open() : undefined
      const orders = control ? new InitControl() : null
      const descriptors = { stdin: 0, stdout: 1, stderr: 2 }
      const streams = [...Object.values(descriptors), ...passed]
      const birth = forkSandbox(plan, {
        self,
        handles: kept?.theirs,
        sealed,
        cgroup,
        control: orders?.theirs,
        program: { program, descriptors, passed },
        streams,
        job,
        inChild: () => {
          kept?.leave()
          ports?.leave()
        },
      })
      if (birth.in === 'payload') return becomeProgram(plan, program, descriptors, birth.report, passed)
      if (kept) close(kept.theirs)
      if (sealed !== undefined) close(sealed)
      if (orders) close(orders.theirs)
      close(self)
      const sandbox = new DirectSandbox(birth, kept, orders, ports, onStop)
      if (takers.length > 0) kept?.giveTo(takers, scratch)
      void sandbox.ended.then(() => {
        names?.close()
        traffic?.close()
      })
      if (mapper && birth.mapped !== undefined) void sandbox.#mapIds(mapper, birth.mapped)
      return sandbox
    } catch (error) {
      mapper?.close()
      throw error
    }
  }

  kill(): void {
    if (this.#hostPids) killDescendants(this.pid)
    pidfdSendSignal(this.#pidfd, SIGKILL)
  }

  /** A handle to what overlays keep, once, when it was asked for and the sandbox got that far. The caller closes it. */
  takeScratch(): number | undefined {
    return this.#handles?.takeScratch()
  }

  takeRoot(): number | undefined {
    return this.#handles?.takeRoot()
  }

  async #mapIds(mapper: IdMapper, mapped: number): Promise<void> {
    try {
      await mapper.map(this.pid)
      close(mapped)
    } catch (error) {
      this.#fail(error)
    }
  }

  #fail(error: unknown): void {
    this.#failure = errorToData(error)
    this.kill()
  }

  /** Reads what the sandbox reports until it is gone: its init holds the pipe's last writing end. */
  async #follow(report: number, onStop: (signal: number) => void): Promise<SandboxEnd> {
    const buffer = Buffer.alloc(1 << 16)
    let text = ''
    let told = 0
    for (;;) {
      const { bytesRead } = await readSome(report, buffer, 0, buffer.length, null)
      if (bytesRead === 0) break
      text += buffer.toString('utf8', 0, bytesRead)
      const lines = text.split('\n').slice(0, -1)
      for (const line of lines.slice(told).map(parseLine)) if ('stopped' in line) onStop(line.stopped)
      told = lines.length
    }
    close(report)
    this.control?.close()
    await this.ports?.close()
    const status = waitpid(this.pid, { block: true })?.status ?? 0
    const end = sandboxEnd(status, text)
    return this.#failure ? { ...end, error: this.#failure } : end
  }
}
