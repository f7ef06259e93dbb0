// The plans of many sandboxes that differ only in where each keeps what it writes.

import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { hostFacts } from '../host/facts.ts'
import type { HostFacts } from '../plan/host-facts.ts'
import type { SandboxPlan } from '../plan/plan.ts'
import type { SandboxRequest } from '../plan/request.ts'
import { sandboxPlan } from '../plan/sandbox-plan.ts'
import { removeTree } from './remove-tree.ts'
import type { ThrowawayDirectory } from './throwaway-directory.ts'

export class Plans {
  readonly #request: SandboxRequest
  readonly #facts: Omit<HostFacts, 'upper'>
  #disk: ThrowawayDirectory | undefined
  #count = 0

  constructor(request: SandboxRequest, env: NodeJS.ProcessEnv) {
    this.#request = request
    this.#facts = hostFacts(env, request.overlays, request.run?.mapRange === 'auto')
  }

  /** From here on writes are kept on disk: the way out where tmpfs cannot serve an overlay. */
  async useDisk(): Promise<void> {
    const { throwawayDirectory } = await import('./throwaway-directory.ts')
    this.#disk ??= await throwawayDirectory('/var/tmp')
  }

  get upper(): 'tmpfs' | 'disk' {
    return this.#disk ? 'disk' : 'tmpfs'
  }

  /** The next sandbox's plan. `release` is called when that sandbox has ended. */
  next(change: Partial<SandboxRequest> = {}): { plan: SandboxPlan; release: () => void } {
    const upper = this.#nextUpper()
    const plan = sandboxPlan({ ...this.#request, ...change }, { ...this.#facts, upper })
    return { plan, release: () => upper.on === 'disk' && removeTree(upper.directory) }
  }

  #nextUpper(): HostFacts['upper'] {
    if (!this.#disk) return { on: 'tmpfs' }
    const directory = join(this.#disk.path, String(this.#count++))
    mkdirSync(directory)
    return { on: 'disk', directory }
  }

  close(): void {
    this.#disk?.remove()
  }
}
