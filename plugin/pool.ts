// The pool behind one nsbox(): decides how workers are launched, keeps their templates, cleans up.

import { mkdtemp } from 'node:fs/promises'
import { join } from 'node:path'
import { searchForWorkspaceRoot } from 'vite'
import type { Vitest } from 'vitest/node'
import type { ResolvedPoolOptions } from '../src/config/pool-options.ts'
import { NsboxError } from '../src/errors.ts'
import { chooseLaunch, type LaunchChoice } from '../src/launch/choose.ts'
import { definedOnly } from '../src/launch/environment.ts'
import { findLimits, type Limited } from '../src/launch/limited.ts'
import { Plans } from '../src/launch/plans.ts'
import { type ThrowawayDirectory, throwawayDirectory } from '../src/launch/throwaway-directory.ts'
import { coldZygote, ZygoteProcess } from '../src/launch/zygote-process.ts'
import { limitPlan } from '../src/plan/limit-plan.ts'
import type { SandboxRequest } from '../src/plan/request.ts'
import type { NotEnforced } from '../src/wire/protocol.ts'
import type { ZygoteMode } from '../src/zygote/v8-flags.ts'
import { coldWorkerPath, workerUrl } from './entry.ts'
import { FileLimits } from './file-limits.ts'
import { describeEmulation, throwMissing } from './limits-report.ts'
import type { StartMessage } from './messages.ts'
import { foreignGroup, installDirectory, outlivingDirectories, workspaceDirectory } from './places.ts'
import { isProfiled, ProfileCollection } from './profiles.ts'
import { Template } from './template.ts'
import type { WorkerData } from './worker.ts'
import { isInspected, templateKey, type WorkerKind } from './worker-kind.ts'
import { WorkerLimits } from './worker-limits.ts'
import { type WorkerSandbox, Workers } from './workers.ts'

/** A zygote that crashes again and again has a cause that another start will not cure. */
const restartLimit = 3

export class SandboxPool {
  readonly options: ResolvedPoolOptions
  readonly #templates = new Map<string, Template>()
  #choice: Promise<LaunchChoice> | undefined
  #workers: Workers | undefined
  #fileLimits: FileLimits | null = null
  #cold: ZygoteProcess | undefined
  #staging: ThrowawayDirectory | undefined
  readonly #leaving = new Set<Promise<unknown>>()
  /** Protections and limits that are not in force, in the words that were said of them. */
  readonly #said = new Set<string>()
  #teardownTimeout = 0
  #restarts = 0

  constructor(options: ResolvedPoolOptions) {
    this.options = options
  }

  /** Starts the first zygote and checks that sandboxes can be had. @throws NsboxError when they cannot */
  open(kind: WorkerKind): Promise<LaunchChoice> {
    this.#choice ??= this.#open(kind)
    return this.#choice
  }

  /** A worker that waits for its first message. @throws NsboxError */
  async launch(kind: WorkerKind, start: StartMessage): Promise<WorkerSandbox> {
    const { mode } = await this.open(kind)
    if (mode === 'cold' || needsFreshNode(kind)) return this.#launchCold(kind)
    const template = this.#template(kind, mode)
    await template.warm(start)
    return template.take()
  }

  /** The directory under the throwaway overlay. Its real path. */
  workspace(kind: WorkerKind): string {
    return workspaceOf(this.options, kind)
  }

  /** Of one worker; undefined where nothing is to be limited or counted. */
  limitsOf({ limits }: WorkerSandbox, { project }: WorkerKind): WorkerLimits | undefined {
    const files = this.#fileLimits
    if (!files) return undefined
    return new WorkerLimits(
      limits,
      (file) => files.of(file, project.config.root),
      (missing) => this.#report(project.vitest, missing),
    )
  }

  /** A worker that was told to stop: the pool does not close under it. */
  letFinish(worker: WorkerSandbox): void {
    const ended: Promise<unknown> = worker.ended.then(() => this.#leaving.delete(ended))
    this.#leaving.add(ended)
  }

  /** Where files of sandboxes are kept until vitest has copied them. */
  async stagingDirectory(): Promise<string> {
    this.#staging ??= await throwawayDirectory()
    return this.#staging.path
  }

  async close(): Promise<void> {
    // vitest 4 stops its workers at the same time, and they may have profiles to write.
    await settledWithin(this.#leaving, this.#teardownTimeout)
    const choice = await this.#choice?.catch(() => undefined)
    const templates = [...this.#templates.values()]
    this.#templates.clear()
    await Promise.all([...templates.map((template) => template.close()), this.#cold?.close(), choice?.zygote.close()])
    await this.#workers?.close()
    this.#staging?.remove()
    this.#choice = this.#workers = this.#cold = this.#staging = undefined
    this.#said.clear()
  }

  async #open(kind: WorkerKind): Promise<LaunchChoice> {
    const { vitest } = kind.project
    vitest.onClose(() => this.close())
    this.#teardownTimeout = vitest.config.teardownTimeout
    this.#fileLimits = FileLimits.here(this.options, process.cwd())
    const limited = await findLimits(this.#fileLimits && { ...this.#fileLimits.request, limits: {} }, process.env)
    const plans = new Plans(sandboxRequest(this.options, kind), process.env)
    this.#workers = new Workers(plans, limited)
    const { upper } = this.options
    // A profiler's thread would be lost in a fork.
    const launch = needsFreshNode(kind) ? 'cold' : this.options.launch
    const choice = await chooseLaunch({ launch, upper, plans, start: (mode) => startZygote(mode, kind, limited) })
    if (choice.mode === 'cold') this.#cold = choice.zygote
    else this.#templates.set(templateKey(kind), new Template(choice.zygote, this.#workers))
    const { mode, reasons, notEnforced } = choice
    if (reasons.length > 0) vitest.logger.warn(`nsbox: workers are launched ${mode}: ${reasons.join('; ')}`)
    this.#report(vitest, [...notEnforced, ...plans.notEnforced])
    this.#reportLimits(vitest, limited, choice.zygote.pid)
    const foreign = foreignGroup(this.workspace(kind))
    if (foreign !== undefined) vitest.logger.warn(`nsbox: ${foreign}`)
    return choice
  }

  #template(kind: WorkerKind, mode: ZygoteMode): Template {
    const key = templateKey(kind)
    const existing = this.#templates.get(key)
    if (existing?.zygote.alive) return existing
    if (existing && ++this.#restarts > restartLimit) {
      throw new NsboxError(`The zygote has ended ${this.#restarts} times`, {
        code: 'ERR_NSBOX_ZYGOTE',
        stage: 'zygote',
        hint: "launch: 'cold' does without it.",
      })
    }
    const workers = this.#workers as Workers
    const template = new Template(startZygote(mode, kind, workers.limited), workers)
    this.#templates.set(key, template)
    return template
  }

  async #launchCold(kind: WorkerKind): Promise<WorkerSandbox> {
    const workers = this.#workers as Workers
    if (!this.#cold?.alive) this.#cold = startZygote('cold', kind, workers.limited)
    const cold = this.#cold
    await cold.prepared
    const { execArgv, env, distPath } = kind
    const staging = isProfiled(execArgv) ? await mkdtemp(join(await this.stagingDirectory(), 'profiles-')) : undefined
    const profiles = staging === undefined ? undefined : new ProfileCollection(execArgv, staging)
    const passThrough = [...outlivingDirectories(kind.project.vitest), ...(staging === undefined ? [] : [staging])]
    // A debugger connects from outside, and a network namespace has no outside.
    const argv = [process.execPath, ...execArgv, ...(profiles?.flags() ?? []), coldWorkerPath, distPath]
    const payload = { kind: 'exec' as const, file: process.execPath, argv, env: definedOnly(env) }
    const worker = workers.launch(cold, payload, { passThrough, ...(isInspected(kind) ? { net: 'host' } : {}) })
    void worker.ended.then(() => profiles?.collect(worker.sandbox.pid ?? 0))
    return worker
  }

  /** Said once a run: protections and limits that were asked for with `prefer` and are not in force. */
  #report({ logger }: Vitest, missing: readonly NotEnforced[]): void {
    for (const { protection, error } of missing) {
      const words = `nsbox: not sealed here: ${protection}: ${error.message}`
      if (!this.#said.has(words)) logger.warn(words)
      this.#said.add(words)
    }
  }

  /** @throws NsboxError ERR_NSBOX_LIMIT for one of every file's that cannot be held, when the seal is `require` */
  #reportLimits({ logger }: Vitest, limited: Limited, pid: number): void {
    if (!limited || !this.#fileLimits) return
    const { means } = limited.source.limiter(pid)
    if (this.options.seal === 'require') throwMissing(limitPlan(this.#fileLimits.request.limits, means))
    const emulation = describeEmulation(limitPlan(this.#fileLimits.anywhere, means), means)
    if (emulation !== undefined) logger.warn(`nsbox: ${emulation}`)
  }
}

async function settledWithin(promises: Iterable<Promise<unknown>>, timeout: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise((resolve) => (timer = setTimeout(resolve, timeout)))
  await Promise.race([Promise.all(promises), late])
  clearTimeout(timer)
}

function needsFreshNode(kind: WorkerKind): boolean {
  return isInspected(kind) || isProfiled(kind.execArgv)
}

function startZygote(mode: ZygoteMode, { env, execArgv, distPath }: WorkerKind, limited: Limited): ZygoteProcess {
  if (mode === 'cold') return coldZygote(limited)
  const data: WorkerData = { vitestDist: distPath }
  return new ZygoteProcess({ mode, env, execArgv, preload: { url: workerUrl, data }, limits: limited?.source })
}

function workspaceOf({ workspace }: ResolvedPoolOptions, { project }: WorkerKind): string {
  return workspaceDirectory(workspace ?? searchForWorkspaceRoot(project.vitest.config.root))
}

function sandboxRequest(options: ResolvedPoolOptions, kind: WorkerKind): SandboxRequest {
  const { seal, uid, hostname, disk, reach } = options
  return {
    seal,
    uid,
    ...reach,
    hostname,
    disk,
    overlays: [workspaceOf(options, kind)],
    passThrough: outlivingDirectories(kind.project.vitest),
    visible: [installDirectory(kind.distPath), installDirectory(import.meta.dirname)],
    cwd: process.cwd(),
  }
}
