// The zygotes of a pool that get their limits from the same place, and the workers forked from them.

import { mkdtemp } from 'node:fs/promises'
import { join } from 'node:path'
import { NsboxError } from '../src/errors.ts'
import { runsThreads } from '../src/launch/choose.ts'
import { definedOnly } from '../src/launch/environment.ts'
import { coldZygote, ZygoteProcess } from '../src/launch/zygote-process.ts'
import type { SandboxRequest } from '../src/plan/request.ts'
import type { ZygoteMode } from '../src/zygote/v8-flags.ts'
import { coldWorkerPath, workerUrl } from './entry.ts'
import type { StartMessage } from './messages.ts'
import { isProfiled, ProfileCollection } from './profiles.ts'
import { Template } from './template.ts'
import type { WorkerData } from './worker.ts'
import { isInspected, nodeFlags, templateKey, type WorkerKind } from './worker-kind.ts'
import type { WorkerSandbox, Workers } from './workers.ts'

/** A zygote that crashes again and again has a cause that another start will not cure. */
const restartLimit = 3

export class Launcher {
  readonly workers: Workers
  readonly #stagingDirectory: () => Promise<string>
  readonly #looks: boolean
  /** The one that was asked for last is last. */
  readonly #templates = new Map<string, Template>()
  #cold: ZygoteProcess | undefined
  /** Kinds whose zygotes cannot be forked, by their template's key. */
  readonly #threaded = new Set<string>()
  #restarts = 0

  /** `stagingDirectory` is where files of sandboxes are kept until the host has copied them. `looks`: for what test files leave behind. */
  constructor(workers: Workers, stagingDirectory: () => Promise<string>, looks: boolean) {
    this.workers = workers
    this.#stagingDirectory = stagingDirectory
    this.#looks = looks
  }

  /** A zygote for workers of this kind. */
  zygote(mode: ZygoteMode, { env, execArgv, distPath }: WorkerKind): ZygoteProcess {
    const { limited } = this.workers
    if (mode === 'cold') return coldZygote(limited)
    const data: WorkerData = { vitestDist: distPath, looks: this.#looks }
    return new ZygoteProcess({ mode, env, execArgv, preload: { url: workerUrl, data }, limits: limited?.source })
  }

  /** One that runs already. */
  adopt(zygote: ZygoteProcess, kind: WorkerKind): void {
    if (zygote.mode === 'cold') this.#cold = zygote
    else this.#templates.set(templateKey(kind), new Template(zygote, this.workers))
  }

  /**
   * A worker that waits for its first message. `change` is what it asks for besides the rest, `freshEnv` what a fresh node has to have
   * in its environment from its start. @throws NsboxError
   */
  async launch(
    kind: WorkerKind,
    mode: ZygoteMode,
    start: StartMessage,
    change?: Partial<SandboxRequest>,
    freshEnv: Record<string, string> = {},
  ): Promise<WorkerSandbox> {
    const fresh = { ...kind, env: { ...kind.env, ...freshEnv } }
    if (mode === 'cold' || needsFreshNode(kind) || isBeforeFork(change)) return this.#launchCold(fresh, change)
    const template = await this.#warm(kind, mode, start)
    return template ? template.take(change) : this.#launchCold(fresh, change)
  }

  /** Ends the zygotes, and their sandboxes, that nobody has asked for longest, but for so many. */
  async keep(most: number): Promise<void> {
    const old = [...this.#templates].slice(0, -most)
    for (const [key] of old) this.#templates.delete(key)
    await Promise.all(old.map(([, template]) => template.close()))
  }

  /** When all its sandboxes have ended. */
  async close(): Promise<void> {
    const templates = [...this.#templates.values()]
    this.#templates.clear()
    await Promise.all([...templates.map((template) => template.close()), this.#cold?.close()])
    await this.workers.close()
  }

  /** Undefined where the user's own modules run threads that a fork would lose. */
  async #warm(kind: WorkerKind, mode: ZygoteMode, start: StartMessage): Promise<Template | undefined> {
    const key = templateKey(kind)
    try {
      if (this.#threaded.has(key)) return undefined
      const template = this.#template(kind, mode)
      await template.warm(start)
      return template
    } catch (error) {
      if (!runsThreads(error)) throw error
      if (!this.#threaded.has(key)) kind.project.vitest.logger.warn(`nsbox: some workers are launched cold: ${error.message}`)
      this.#threaded.add(key)
      return undefined
    }
  }

  #template(kind: WorkerKind, mode: ZygoteMode): Template {
    const key = templateKey(kind)
    const existing = this.#templates.get(key)
    if (existing?.zygote.alive) {
      this.#templates.delete(key)
      this.#templates.set(key, existing)
      return existing
    }
    if (existing && ++this.#restarts > restartLimit) {
      throw new NsboxError(`The zygote has ended ${this.#restarts} times`, {
        code: 'ERR_NSBOX_ZYGOTE',
        stage: 'zygote',
        hint: "launch: 'cold' does without it.",
      })
    }
    const template = new Template(this.zygote(mode, kind), this.workers)
    this.#templates.set(key, template)
    return template
  }

  async #launchCold(kind: WorkerKind, change: Partial<SandboxRequest> = {}): Promise<WorkerSandbox> {
    if (!this.#cold?.alive) this.#cold = this.zygote('cold', kind)
    const cold = this.#cold
    await cold.prepared
    const { execArgv, env, distPath } = kind
    const flags = nodeFlags(kind)
    const staging = isProfiled(flags) ? await mkdtemp(join(await this.#stagingDirectory(), 'profiles-')) : undefined
    const profiles = staging === undefined ? undefined : new ProfileCollection(flags, staging)
    const passThrough = [...(change.passThrough ?? []), ...(staging === undefined ? [] : [staging])]
    // A debugger connects from outside, and a network namespace has no outside.
    const inspected = { net: 'host', forward: [], expose: [] } as const satisfies Partial<SandboxRequest>
    const argv = [process.execPath, ...execArgv, ...(profiles?.flags() ?? []), coldWorkerPath, distPath, ...(this.#looks ? ['looks'] : [])]
    const payload = { kind: 'exec' as const, file: process.execPath, argv, env: definedOnly(env) }
    const worker = this.workers.launch(cold, payload, { ...change, passThrough, ...(isInspected(kind) ? inspected : {}) })
    void worker.ended.then(() => profiles?.collect(worker.sandbox.pid ?? 0))
    return worker
  }
}

/** node ends where its event loop's clock is behind what it began with (`GetNowUint64`). */
function isBeforeFork({ run }: Partial<SandboxRequest> = {}): boolean {
  return Number(run?.clocks?.monotonic ?? 0) < 0
}

/** A debugger needs one from its start, and a profiler's thread would be lost in a fork. */
export function needsFreshNode(kind: WorkerKind): boolean {
  return isInspected(kind) || isProfiled(nodeFlags(kind))
}
