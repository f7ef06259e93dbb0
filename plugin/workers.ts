// Launches the sandboxes of workers under limits, and reads their accounts when they have ended.

import type { UpperLayer } from '../src/changes/changed.ts'
import { type Limited, prepare } from '../src/launch/limited.ts'
import type { Plans } from '../src/launch/plans.ts'
import { Ports } from '../src/launch/ports.ts'
import { type Sandbox, sockets } from '../src/launch/sandbox.ts'
import type { CapHit, SandboxLimits } from '../src/launch/sandbox-limits.ts'
import type { ForkPayload, ZygoteProcess } from '../src/launch/zygote-process.ts'
import type { SandboxPlan } from '../src/plan/plan.ts'
import type { SandboxRequest } from '../src/plan/request.ts'
import { upperLayers } from '../src/run/upper-layers.ts'
import { close } from '../src/sys/descriptor.ts'
import type { SandboxEnd } from '../src/wire/protocol.ts'

export interface WorkerSandbox {
  sandbox: Sandbox
  /** Nothing is limited yet. */
  limits: SandboxLimits
  /** Whether anything may be limited, and is counted. */
  isLimited: boolean
  ended: Promise<WorkerEnd>
  /**
   * Readers are called in turn when it has ended, before what its overlays keep is gone: with nothing where
   * it did not get that far, or that was not asked for.
   */
  readUppers(read: (layers: UpperLayer[]) => void | Promise<void>): void
}

export interface WorkerEnd extends SandboxEnd {
  /** The cap that ended it. */
  capHit: CapHit | undefined
}

type UpperReader = Parameters<WorkerSandbox['readUppers']>[0]

export class Workers {
  readonly limited: Limited
  readonly #plans: Plans
  readonly #uppers: boolean
  /** Cgroups, and directories for what overlays keep, that are still there. */
  readonly #unreleased = new Set<Promise<void>>()

  /** `uppers`: whether somebody reads what overlays of workers keep. */
  constructor(plans: Plans, limited: Limited, uppers = false) {
    this.#plans = plans
    this.limited = limited
    this.#uppers = uppers
  }

  /** Of a zygote that is prepared. @throws NsboxError when it cannot have a cgroup */
  launch(zygote: ZygoteProcess, payload: ForkPayload, change?: Partial<SandboxRequest>, uppers: boolean = this.#uppers): WorkerSandbox {
    const { plan, limits, release } = prepare(this.#plans, this.limited, zygote.pid, change)
    const streams = { ...sockets, cgroup: limits.cgroup, control: this.limited !== null, ports: Ports.of(plan), scratch: uppers }
    const sandbox = zygote.launch(plan, payload, streams) as Sandbox
    limits.attach(sandbox.control)
    const ended = sandbox.ended.then((end) => ({ ...end, capHit: limits.accountsOf(end).hit }))
    const readers: UpperReader[] = []
    const released: Promise<void> = ended
      .then(() => readAll(sandbox, plan, readers))
      .finally(release)
      .then(() => void this.#unreleased.delete(released))
    this.#unreleased.add(released)
    // Whoever closes hears of it.
    released.catch(() => undefined)
    return { sandbox, limits, isLimited: this.limited !== null, ended, readUppers: (read) => void readers.push(read) }
  }

  /** When all sandboxes have ended. @throws NsboxError for a cgroup that cannot be removed */
  async close(): Promise<void> {
    await Promise.all(this.#unreleased)
    await this.limited?.source.close()
  }
}

/** The handle keeps them alive when nothing else does any more. */
async function readAll(sandbox: Sandbox, plan: SandboxPlan, readers: readonly UpperReader[]): Promise<void> {
  const scratch = sandbox.takeScratch()
  const layers = scratch === undefined ? [] : upperLayers(plan, `/proc/self/fd/${scratch}`)
  try {
    for (const read of readers) await read(layers)
  } finally {
    if (scratch !== undefined) close(scratch)
  }
}
