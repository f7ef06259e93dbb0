// Launches the sandboxes of workers under limits, and reads their accounts when they have ended.

import { type Limited, prepare } from '../src/launch/limited.ts'
import type { Plans } from '../src/launch/plans.ts'
import { Ports } from '../src/launch/ports.ts'
import { type Sandbox, sockets } from '../src/launch/sandbox.ts'
import type { CapHit, SandboxLimits } from '../src/launch/sandbox-limits.ts'
import type { ForkPayload, ZygoteProcess } from '../src/launch/zygote-process.ts'
import type { SandboxRequest } from '../src/plan/request.ts'
import type { SandboxEnd } from '../src/wire/protocol.ts'

export interface WorkerSandbox {
  sandbox: Sandbox
  /** Nothing is limited yet. */
  limits: SandboxLimits
  /** Whether anything may be limited, and is counted. */
  isLimited: boolean
  ended: Promise<WorkerEnd>
}

export interface WorkerEnd extends SandboxEnd {
  /** The cap that ended it. */
  capHit: CapHit | undefined
}

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
    const streams = { ...sockets, cgroup: limits.cgroup, control: this.limited !== null, ports: Ports.of(plan) }
    const sandbox = zygote.launch(plan, payload, streams) as Sandbox
    limits.attach(sandbox.control)
    const ended = sandbox.ended.then((end) => ({ ...end, capHit: limits.accountsOf(end).hit }))
    const released: Promise<void> = ended.then(release).then(() => void this.#unreleased.delete(released))
    this.#unreleased.add(released)
    // Whoever closes hears of it.
    released.catch(() => undefined)
    return { sandbox, limits, isLimited: this.limited !== null, ended }
  }

  /** When all sandboxes have ended. @throws NsboxError for a cgroup that cannot be removed */
  async close(): Promise<void> {
    await Promise.all(this.#unreleased)
    await this.limited?.source.close()
  }
}
