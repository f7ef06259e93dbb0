// The pool behind one nsbox(): decides how workers are launched, keeps their templates, cleans up.

import { mkdtemp } from 'node:fs/promises'
import { join } from 'node:path'
import { searchForWorkspaceRoot } from 'vite'
import type { Vitest } from 'vitest/node'
import type { ResolvedPoolOptions } from '../src/config/pool-options.ts'
import { NsboxError } from '../src/errors.ts'
import { chooseLaunch, type LaunchChoice } from '../src/launch/choose.ts'
import { definedOnly } from '../src/launch/environment.ts'
import { Plans } from '../src/launch/plans.ts'
import type { Sandbox } from '../src/launch/sandbox.ts'
import { type ThrowawayDirectory, throwawayDirectory } from '../src/launch/throwaway-directory.ts'
import { ZygoteProcess } from '../src/launch/zygote-process.ts'
import type { SandboxRequest } from '../src/plan/request.ts'
import type { ZygoteMode } from '../src/zygote/v8-flags.ts'
import { coldWorkerPath, workerUrl } from './entry.ts'
import type { StartMessage } from './messages.ts'
import { foreignGroup, installDirectory, outlivingDirectories, workspaceDirectory } from './places.ts'
import { isProfiled, ProfileCollection } from './profiles.ts'
import { Template } from './template.ts'
import type { WorkerData } from './worker.ts'
import { isInspected, templateKey, type WorkerKind } from './worker-kind.ts'

/** A zygote that crashes again and again has a cause that another start will not cure. */
const restartLimit = 3

export class SandboxPool {
  readonly options: ResolvedPoolOptions
  readonly #templates = new Map<string, Template>()
  #choice: Promise<LaunchChoice> | undefined
  #plans: Plans | undefined
  #cold: ZygoteProcess | undefined
  #staging: ThrowawayDirectory | undefined
  readonly #leaving = new Set<Promise<unknown>>()
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
  async launch(kind: WorkerKind, start: StartMessage): Promise<Sandbox> {
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

  /** A worker that was told to stop: the pool does not close under it. */
  letFinish(sandbox: Sandbox): void {
    const ended: Promise<unknown> = sandbox.ended.then(() => this.#leaving.delete(ended))
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
    this.#plans?.close()
    this.#staging?.remove()
    this.#choice = this.#plans = this.#cold = this.#staging = undefined
  }

  async #open(kind: WorkerKind): Promise<LaunchChoice> {
    const { vitest } = kind.project
    vitest.onClose(() => this.close())
    this.#teardownTimeout = vitest.config.teardownTimeout
    const plans = new Plans(sandboxRequest(this.options, kind), process.env)
    this.#plans = plans
    const { upper } = this.options
    // A profiler's thread would be lost in a fork.
    const launch = needsFreshNode(kind) ? 'cold' : this.options.launch
    const choice = await chooseLaunch({ launch, upper, plans, start: (mode) => startZygote(mode, kind) })
    if (choice.mode === 'cold') this.#cold = choice.zygote
    else this.#templates.set(templateKey(kind), new Template(choice.zygote, plans))
    reportChoice(vitest, choice)
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
    const template = new Template(startZygote(mode, kind), this.#plans as Plans)
    this.#templates.set(key, template)
    return template
  }

  async #launchCold(kind: WorkerKind): Promise<Sandbox> {
    if (!this.#cold?.alive) this.#cold = startZygote('cold', kind)
    const { execArgv, env, distPath } = kind
    const staging = isProfiled(execArgv) ? await mkdtemp(join(await this.stagingDirectory(), 'profiles-')) : undefined
    const profiles = staging === undefined ? undefined : new ProfileCollection(execArgv, staging)
    const passThrough = [...outlivingDirectories(kind.project.vitest), ...(staging === undefined ? [] : [staging])]
    // A debugger connects from outside, and a network namespace has no outside.
    const { plan, release } = (this.#plans as Plans).next({ passThrough, ...(isInspected(kind) ? { net: 'host' } : {}) })
    const argv = [process.execPath, ...execArgv, ...(profiles?.flags() ?? []), coldWorkerPath, distPath]
    const sandbox = this.#cold.launch(plan, { kind: 'exec', file: process.execPath, argv, env: definedOnly(env) })
    void sandbox.ended.then(() => {
      release()
      profiles?.collect(sandbox.pid ?? 0)
    })
    return sandbox
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

/** Said once a run: what is not as it was asked for, and why. */
function reportChoice({ logger }: Vitest, { mode, reasons, notEnforced }: LaunchChoice): void {
  if (reasons.length > 0) logger.warn(`nsbox: workers are launched ${mode}: ${reasons.join('; ')}`)
  for (const { protection, error } of notEnforced) logger.warn(`nsbox: not sealed here: ${protection}: ${error.message}`)
}

function startZygote(mode: ZygoteMode, { env, execArgv, distPath }: WorkerKind): ZygoteProcess {
  const data: WorkerData = { vitestDist: distPath }
  return mode === 'cold'
    ? new ZygoteProcess({ mode, env: process.env, execArgv: [], preload: null })
    : new ZygoteProcess({ mode, env, execArgv, preload: { url: workerUrl, data } })
}

function workspaceOf({ workspace }: ResolvedPoolOptions, { project }: WorkerKind): string {
  return workspaceDirectory(workspace ?? searchForWorkspaceRoot(project.vitest.config.root))
}

function sandboxRequest(options: ResolvedPoolOptions, kind: WorkerKind): SandboxRequest {
  const { seal, uid, net, hostname } = options
  return {
    seal,
    uid,
    net,
    hostname,
    overlays: [workspaceOf(options, kind)],
    passThrough: outlivingDirectories(kind.project.vitest),
    visible: [installDirectory(kind.distPath), installDirectory(import.meta.dirname)],
    cwd: process.cwd(),
  }
}
