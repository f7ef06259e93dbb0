// Launches the sandboxes of workers under limits, and reads their accounts when they have ended.

import type { UpperLayer } from '../src/changes/changed.ts'
import { type Limited, prepare } from '../src/launch/limited.ts'
import type { Plans } from '../src/launch/plans.ts'
import { Ports } from '../src/launch/ports.ts'
import { type Sandbox, sockets } from '../src/launch/sandbox.ts'
import type { CapHit, LimitUsage, SandboxLimits } from '../src/launch/sandbox-limits.ts'
import type { ForkPayload, ZygoteProcess } from '../src/launch/zygote-process.ts'
import type { SandboxPlan } from '../src/plan/plan.ts'
import type { SandboxRequest } from '../src/plan/request.ts'
import type { SandboxEnd } from '../src/wire/protocol.ts'
import { Uppers } from './uppers.ts'

export interface WorkerSandbox {
  sandbox: Sandbox
  /** Nothing is limited yet. */
  limits: SandboxLimits
  /** Whether anything may be limited, and is counted. */
  isLimited: boolean
  /** What its overlays keep, while it runs. */
  uppers: Uppers
  ended: Promise<WorkerEnd>
  /**
   * Readers are called in turn when it has ended, before what its overlays keep is gone: with nothing where
   * it did not get that far, or has long ended.
   */
  readUppers(read: (layers: UpperLayer[]) => void | Promise<void>): void
  plan: SandboxPlan
}

export interface WorkerEnd extends SandboxEnd {
  /** The cap that ended it. */
  capHit: CapHit | undefined
  /** Undefined where nobody did. */
  counted?: LimitUsage | undefined
}

type UpperReader = Parameters<WorkerSandbox['readUppers']>[0]

export class Workers {
  readonly limited: Limited
  readonly #plans: Plans
  /** Cgroups, and directories for what overlays keep, that are still there. */
  readonly #unreleased = new Set<Promise<void>>()

  constructor(plans: Plans, limited: Limited) {
    this.#plans = plans
    this.limited = limited
  }

  /** Of a zygote that is prepared. @throws NsboxError when it cannot have a cgroup */
  launch(zygote: ZygoteProcess, payload: ForkPayload, change?: Partial<SandboxRequest>): WorkerSandbox {
    const { plan, limits, release } = prepare(this.#plans, this.limited, zygote.pid, change)
    const streams = { ...sockets, cgroup: limits.cgroup, control: this.limited !== null, ports: Ports.of(plan), scratch: true }
    const sandbox = zygote.launch(plan, payload, streams) as Sandbox
    limits.attach(sandbox.control)
    const ended = sandbox.ended.then((end) => {
      const { hit: capHit, usage: counted } = limits.accountsOf(end)
      return { ...end, capHit, counted }
    })
    const uppers = new Uppers(sandbox, plan)
    const readers = new Readers()
    const released: Promise<void> = ended
      .then(() => readers.read(uppers))
      .finally(release)
      .then(() => void this.#unreleased.delete(released))
    this.#unreleased.add(released)
    // Whoever closes hears of it.
    released.catch(() => undefined)
    return {
      sandbox,
      limits,
      isLimited: this.limited !== null,
      ended,
      uppers,
      readUppers: (read) => readers.add(read),
      plan,
    }
  }

  /** When all sandboxes have ended. @throws NsboxError for a cgroup that cannot be removed */
  async close(): Promise<void> {
    await Promise.all(this.#unreleased)
    await this.limited?.source.close()
  }
}

/** Each is called once, whatever the others do: somebody waits for it. */
class Readers {
  readonly #waiting: UpperReader[] = []
  #isOver = false

  add(read: UpperReader): void {
    if (this.#isOver) void read([])
    else this.#waiting.push(read)
  }

  /** @throws what the first of them that failed did */
  async read(uppers: Uppers): Promise<void> {
    const { layers = [] } = uppers
    const errors: unknown[] = []
    for (const read of this.#waiting) {
      try {
        await read(layers)
      } catch (error) {
        errors.push(error)
      }
    }
    this.#isOver = true
    uppers.close()
    if (errors.length > 0) throw errors[0]
  }
}
