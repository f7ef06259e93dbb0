// The handles to a worker's files: while it runs, and until all who wanted to have read what its overlays keep.

import { readdirSync } from 'node:fs'
import type { UpperLayer } from '../src/changes/changed.ts'
import type { Sandbox } from '../src/launch/sandbox.ts'
import type { SandboxPlan } from '../src/plan/plan.ts'
import { upperLayers } from '../src/run/upper-layers.ts'
import { close } from '../src/sys/descriptor.ts'
import { SandboxFiles } from './sandbox-files.ts'

export class Uppers {
  readonly #sandbox: Sandbox
  readonly #plan: SandboxPlan
  #scratch: number | undefined
  #files: SandboxFiles | undefined

  constructor(sandbox: Sandbox, plan: SandboxPlan) {
    this.#sandbox = sandbox
    this.#plan = plan
  }

  /** What its overlays keep. Undefined where there are none, or not yet: the sandbox is not sealed. */
  get layers(): UpperLayer[] | undefined {
    this.#take()
    return this.#scratch === undefined ? undefined : upperLayers(this.#plan, `/proc/self/fd/${this.#scratch}`)
  }

  /** All that it sees. Undefined as {@link layers} is. */
  get files(): SandboxFiles | undefined {
    this.#take()
    return this.#files
  }

  /** True when something was written where its overlays lie. */
  get isTouched(): boolean {
    return this.layers?.some(({ upper }) => readdirSync(upper).length > 0) ?? false
  }

  /** When the sandbox has ended: the handles kept its files alive when nothing else did any more. */
  close(): void {
    this.#take()
    this.#files?.close()
    this.#files = undefined
    if (this.#scratch !== undefined) close(this.#scratch)
    this.#scratch = undefined
  }

  #take(): void {
    if (this.#scratch !== undefined) return
    const root = this.#sandbox.takeRoot()
    if (root !== undefined) this.#files = new SandboxFiles(root)
    this.#scratch = this.#sandbox.takeScratch()
  }
}
