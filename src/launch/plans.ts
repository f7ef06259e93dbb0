// The plans of many sandboxes that differ only in where each keeps what it writes.

import { join } from 'node:path'
import { errorToData, NsboxError } from '../errors.ts'
import { allowedHere } from '../host/allowed.ts'
import { hostFacts, rebuilt, refuseHidingPrograms } from '../host/facts.ts'
import type { HostFacts } from '../plan/host-facts.ts'
import { isHidden } from '../plan/host-root.ts'
import type { SandboxPlan, Seal } from '../plan/plan.ts'
import type { SandboxRequest } from '../plan/request.ts'
import { sandboxPlan } from '../plan/sandbox-plan.ts'
import { removeRealTree } from '../sys/real-file.ts'
import type { NotEnforced } from '../wire/protocol.ts'
import { makeOwnDirectory } from './own-directory.ts'
import type { ThrowawayDirectory } from './throwaway-directory.ts'

export class Plans {
  readonly #request: SandboxRequest
  readonly #facts: Omit<HostFacts, 'upper'>
  readonly #env: NodeJS.ProcessEnv
  #layers: Record<string, string[]>
  #disk: ThrowawayDirectory | undefined
  #count = 0
  /** Of all of them. */
  readonly notEnforced: NotEnforced[] = []

  /** @throws NsboxError ERR_NSBOX_CONFIG for a path that is allowed and not there */
  constructor(request: SandboxRequest, env: NodeJS.ProcessEnv) {
    this.#request = request
    this.#env = env
    this.#layers = request.layers ?? {}
    const { cwd, overlays, run } = request
    const facts = hostFacts(env, overlays, { cwd, ranges: run?.mapRange === 'auto' })
    if (!run?.rootfs) refuseHidingPrograms(env, cwd, (path) => isHidden(path, Object.keys(facts.sharedDirectories), overlays))
    this.#facts = { ...facts, allowed: allowedHere(request.allow ?? [], env) }
  }

  /**
   * From here on writes are kept on disk: the way out where tmpfs cannot serve an overlay.
   * @throws NsboxError ERR_NSBOX_LIMIT when they were to be limited, when the seal is `require`
   */
  async useDisk(): Promise<void> {
    if (this.#request.disk !== undefined && !this.#disk) this.#missDiskLimit()
    const { throwawayDirectory } = await import('./throwaway-directory.ts')
    this.#disk ??= await throwawayDirectory('/var/tmp')
  }

  /** From here on these lie on the overlays, under what is written: directories by overlay, the first on top. */
  lay(layers: Record<string, string[]>): void {
    this.#layers = layers
  }

  /** A directory of the host's has no quota. */
  #missDiskLimit(): void {
    const error = new NsboxError('disk cannot be limited here: what overlays keep lies in a directory of the host, which has no quota', {
      code: 'ERR_NSBOX_LIMIT',
      stage: 'launch',
      hint: "It can be in memory: upper: 'tmpfs', from Linux 6.6 on.",
    })
    if (this.seal === 'require') throw error
    this.notEnforced.push({ protection: 'disk', error: errorToData(error) })
  }

  get seal(): Seal {
    return this.#request.seal
  }

  /** Directories whose writes are kept apart, besides HOME. */
  get overlays(): readonly string[] {
    const { overlays, run } = this.#request
    return run?.rootfs ? [run.rootfs, ...overlays] : overlays
  }

  get upper(): 'tmpfs' | 'disk' {
    return this.#disk ? 'disk' : 'tmpfs'
  }

  /**
   * The next sandbox's plan. `release` is called when that sandbox has ended.
   * @throws NsboxError ERR_NSBOX_CONFIG for a path that the change allows and that is not there
   */
  next(change: Partial<SandboxRequest> = {}): { plan: SandboxPlan; release: () => void } {
    const allowed = change.allow ? allowedHere(change.allow, this.#env) : this.#facts.allowed
    const upper = this.#nextUpper()
    const facts = { ...this.#facts, rebuilt: this.#rebuilt(), allowed, upper }
    const plan = sandboxPlan({ ...this.#request, layers: this.#layers, ...change }, facts)
    return { plan, release: () => upper.on === 'disk' && removeRealTree(upper.directory) }
  }

  /** Anew for each sandbox: new directories may lie beside a mount. */
  #rebuilt(): HostFacts['rebuilt'] {
    const { rebuilt: found, home, sharedDirectories } = this.#facts
    if (Object.keys(found).length === 0) return found
    return rebuilt(this.#request.overlays, home, Object.keys(sharedDirectories))
  }

  #nextUpper(): HostFacts['upper'] {
    if (!this.#disk) return { on: 'tmpfs' }
    const directory = join(this.#disk.path, String(this.#count++))
    makeOwnDirectory(directory)
    return { on: 'disk', directory }
  }

  close(): void {
    this.#disk?.remove()
  }
}
