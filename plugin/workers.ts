// Launches the sandboxes of workers under limits, and reads their accounts when they have ended.

import type { UpperLayer } from '../src/changes/changed.ts'
import { type Limited, prepare } from '../src/launch/limited.ts'
import type { Plans } from '../src/launch/plans.ts'
import { Ports } from '../src/launch/ports.ts'
import { type Sandbox, sockets } from '../src/launch/sandbox.ts'
import type { CapHit, SandboxLimits } from '../src/launch/sandbox-limits.ts'
import type { ForkPayload, ZygoteProcess } from '../src/launch/zygote-process.ts'
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
   * it did not get that far.
   */
  readUppers(read: (layers: UpperLayer[]) => void | Promise<void>): void
  /** Whether its network is its own. */
  ownNetwork: boolean
}

export interface WorkerEnd extends SandboxEnd {
  /** The cap that ended it. */
  capHit: CapHit | undefined
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
    const ended = sandbox.ended.then((end) => ({ ...end, capHit: limits.accountsOf(end).hit }))
    const uppers = new Uppers(sandbox, plan)
    const readers: UpperReader[] = []
    const released: Promise<void> = ended
      .then(() => readAll(uppers, readers))
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
      readUppers: (read) => void readers.push(read),
      ownNetwork: plan.namespaces.includes('net'),
    }
  }

  /** When all sandboxes have ended. @throws NsboxError for a cgroup that cannot be removed */
  async close(): Promise<void> {
    await Promise.all(this.#unreleased)
    await this.limited?.source.close()
  }
}

async function readAll(uppers: Uppers, readers: readonly UpperReader[]): Promise<void> {
  const { layers = [] } = uppers
  try {
    for (const read of readers) await read(layers)
  } finally {
    uppers.close()
  }
}
