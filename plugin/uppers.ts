// The handle to what a worker's overlays keep: while it runs, and until all who wanted to have read it.

import type { UpperLayer } from '../src/changes/changed.ts'
import type { Sandbox } from '../src/launch/sandbox.ts'
import type { SandboxPlan } from '../src/plan/plan.ts'
import { upperLayers } from '../src/run/upper-layers.ts'
import { close } from '../src/sys/descriptor.ts'

export class Uppers {
  readonly #sandbox: Sandbox
  readonly #plan: SandboxPlan
  #scratch: number | undefined

  constructor(sandbox: Sandbox, plan: SandboxPlan) {
    this.#sandbox = sandbox
    this.#plan = plan
  }

  /** Undefined where there are none, or not yet: the sandbox is not sealed. */
  get layers(): UpperLayer[] | undefined {
    this.#scratch ??= this.#sandbox.takeScratch()
    return this.#scratch === undefined ? undefined : upperLayers(this.#plan, `/proc/self/fd/${this.#scratch}`)
  }

  /** When the sandbox has ended: the handle kept them alive when nothing else did any more. */
  close(): void {
    const scratch = this.#scratch ?? this.#sandbox.takeScratch()
    this.#scratch = undefined
    if (scratch !== undefined) close(scratch)
  }
}
