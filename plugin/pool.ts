// The pool behind one nsbox(): decides how workers are launched, keeps their launchers, cleans up.

import { existsSync, readFileSync } from 'node:fs'
import { relative } from 'node:path'
import type { Vitest } from 'vitest/node'
import type { ResolvedPoolOptions } from '../src/config/pool-options.ts'
import { allowedHere } from '../src/host/allowed.ts'
import { homeDirectory } from '../src/host/home.ts'
import { chooseLaunch, type LaunchChoice } from '../src/launch/choose.ts'
import { findLimits, type Limited } from '../src/launch/limited.ts'
import { missingWords } from '../src/launch/missing-words.ts'
import { Plans } from '../src/launch/plans.ts'
import { settledWithin } from '../src/launch/settled.ts'
import { type ThrowawayDirectory, throwawayDirectory } from '../src/launch/throwaway-directory.ts'
import { trafficRefusal } from '../src/launch/traffic-trial.ts'
import { hostView } from '../src/plan/host-view.ts'
import { limitPlan } from '../src/plan/limit-plan.ts'
import type { Limits } from '../src/plan/limits.ts'
import type { SandboxPlan } from '../src/plan/plan.ts'
import type { SandboxRequest } from '../src/plan/request.ts'
import { printable, quoted } from '../src/quoted.ts'
import { mountPoints } from '../src/sys/mount-points.ts'
import type { NotEnforced } from '../src/wire/protocol.ts'
import type { ZygoteMode } from '../src/zygote/v8-flags.ts'
import type { AttemptWatch } from './attempt-watch.ts'
import { FileOptions, type FileSettings } from './file-options.ts'
import type { WrittenPlaces } from './file-report.ts'
import { HostView } from './file-view.ts'
import { KeptFiles } from './kept-files.ts'
import { Launcher, needsFreshNode } from './launcher.ts'
import { describeEmulation, throwMissing } from './limits-report.ts'
import type { StartMessage } from './messages.ts'
import type { KnobMeans } from './missing-knobs.ts'
import type { Outcomes } from './outcomes.ts'
import { coverageDirectory, foreignGroup, installDirectory, type Places, placesOf } from './places.ts'
import { RunReport } from './run-report.ts'
import { SetupLayer, type SetupPlace } from './setup-layer.ts'
import type { TaskUpdate } from './task-updates.ts'
import { usualWrites } from './usual-writes.ts'
import type { WorkerKind } from './worker-kind.ts'
import { WorkerLimits } from './worker-limits.ts'
import type { WorkerRefusals } from './worker-refusals.ts'
import { type ReportContext, WorkerReport } from './worker-report.ts'
import { type WorkerSandbox, Workers } from './workers.ts'

/** Where a user without a home has nothing. */
const nowhere = '/dev/null'

/** Of a pool that runs for long: each is a node with the project's environment in it. */
const zygotesKept = 8

export class SandboxPool {
  readonly options: ResolvedPoolOptions
  #files: FileOptions | undefined
  #choice: Promise<LaunchChoice> | undefined
  #plans: Plans | undefined
  #places: Places | undefined
  #launcher: Launcher | undefined
  /** For files whose docblocks ask for limits, where nothing else does. */
  #limiting: Promise<Launcher> | undefined
  #staging: ThrowawayDirectory | undefined
  /** What the option setup has written, once the pool is open. */
  setupLayer: SetupLayer | undefined
  #kept: KeptFiles | undefined
  readonly #leaving = new Set<Promise<unknown>>()
  /** Protections and limits that are not in force, in the words that were said of them. */
  readonly #said = new Set<string>()
  #trafficRefusal: Promise<string | undefined> | undefined
  #teardownTimeout = 0
  #isUsual: ((path: string) => boolean) | undefined
  readonly #views = new Map<string, HostView>()

  /** What runs now, where a campaign runs one file after the other. */
  attempt: AttemptWatch | undefined
  readonly #counts: boolean

  /** `counts`: what each file uses, whether anything is limited or not. */
  constructor(options: ResolvedPoolOptions, { counts = false }: { counts?: boolean } = {}) {
    this.options = options
    this.#counts = counts
  }

  /** Starts the first zygote and checks that sandboxes can be had. @throws NsboxError when they cannot */
  open(kind: WorkerKind): Promise<LaunchChoice> {
    this.#choice ??= this.#open(kind)
    return this.#choice
  }

  /** What a file may have and reach. @throws NsboxError ERR_NSBOX_CONFIG for a docblock that is wrong */
  settingsOf(file: string, { project }: WorkerKind): FileSettings {
    const settings = this.#fileOptions().of(file, project.config.root)
    return this.attempt ? this.attempt.turns(settings) : settings
  }

  /** Equal for files that the same sandbox can serve, one after the other. */
  sandboxKey({ reach, request, limits }: FileSettings): string {
    return JSON.stringify([reach, request, this.#launcher?.workers.limited ? null : Object.keys(limits).length > 0])
  }

  /** A worker that waits for its first message. @throws NsboxError */
  async launch(kind: WorkerKind, start: StartMessage, settings: FileSettings): Promise<WorkerSandbox> {
    const { mode } = await this.open(kind)
    const launcher = await this.#launcherFor(settings.limits, kind, mode)
    const isOrdinary = JSON.stringify(settings.reach) === JSON.stringify(this.options.reach)
    // Coverage may be turned on while vitest watches.
    const coverage = coverageDirectory(kind.project.vitest)
    const change = {
      ...(isOrdinary ? {} : settings.reach),
      ...settings.request,
      ...(coverage === undefined ? {} : { fetched: [coverage] }),
    }
    const worker = await launcher.launch(kind, mode, start, Object.keys(change).length > 0 ? change : undefined, settings.freshEnv)
    await this.#expose(worker)
    return worker
  }

  /** Once a run. */
  warn({ logger }: Vitest, words: string): void {
    if (!this.#said.has(words)) logger.warn(`nsbox: ${words}`)
    this.#said.add(words)
  }

  /** Once it is open: what knobs can be turned with, of this file or of those that ask for nothing themselves. */
  async knobMeans(kind: WorkerKind, file?: string): Promise<KnobMeans> {
    const [{ zygote }, { workers }, plans] = [
      await (this.#choice as Promise<LaunchChoice>),
      this.#launcher as Launcher,
      this.#plans as Plans,
    ]
    const limits = workers.limited?.source.limiter(zygote.pid).means
    const { net } = file === undefined ? this.options.reach : this.settingsOf(file, kind).reach
    this.#trafficRefusal ??= trafficRefusal(zygote, plans)
    return {
      limits: limits ?? { controllers: [], why: 'nothing is counted', emulation: true },
      upper: plans.upper,
      net,
      traffic: await this.#trafficRefusal,
    }
  }

  /** Between two files: zygotes of kinds that nobody asks for any more. */
  async trim(): Promise<void> {
    await this.#launcher?.keep(zygotesKept)
  }

  /** The directories under throwaway overlays. Real paths. */
  get workspaces(): readonly string[] {
    return this.#places?.workspaces ?? []
  }

  /** The host, as sandboxes of one key see it. */
  hostView(key: string, plan: SandboxPlan): HostView {
    const view = this.#views.get(key) ?? new HostView(hostView(plan, mountPoints()))
    this.#views.set(key, view)
    return view
  }

  /** Equal for files whose sandboxes see the same of the host's; undefined for those that see what the options alone let in. */
  viewName({ reach: { allow } }: FileSettings): string | undefined {
    const name = JSON.stringify(allow)
    return name === JSON.stringify(this.options.reach.allow) ? undefined : name
  }

  /** Of one worker; undefined where nothing is to be limited or counted. */
  limitsOf({ limits, isLimited }: WorkerSandbox, kind: WorkerKind): WorkerLimits | undefined {
    if (!isLimited) return undefined
    return new WorkerLimits(
      limits,
      (file) => this.settingsOf(file, kind).limits,
      (missing) => this.#report(kind.project.vitest, missing),
    )
  }

  /** Whether what files leave behind is looked for. */
  get looks(): boolean {
    const { report, reportFile, strict } = this.options
    return report || reportFile !== undefined || strict.length > 0
  }

  /** Of one worker. */
  reportOf(
    worker: WorkerSandbox,
    kind: WorkerKind,
    refusals: WorkerRefusals,
    amend: (pack: TaskUpdate['packs'][number]) => void,
  ): WorkerReport {
    const { vitest, config, name } = kind.project
    const run = RunReport.of(vitest)
    const { strict } = this.options
    const [workspaces, home] = [this.workspaces, homeDirectory() ?? nowhere]
    const context: ReportContext = {
      workspaces,
      home,
      looks: this.looks,
      isUsual: this.#usualWrites({ workspaces, home }),
      strict: (file) => (this.settingsOf(file, kind).failOnWrite ? [...new Set([...strict, 'writes' as const])] : strict),
      name: (file) => relative(config.root, file),
      refusals: (file) => refusals.of(file),
      began: (told) => run.began(told),
      tell: (file, report) => run.add(file, name, report, workspaces[0] ?? '/', this.options),
      idOf: (file) => kind.project.createSpecification(file).taskId,
      task: (id) => vitest.state.idMap.get(id),
    }
    return new WorkerReport(worker, context, amend)
  }

  /** Of one worker, where what its files have left is to be kept. */
  outcomesOf(worker: WorkerSandbox, kind: WorkerKind): Outcomes | undefined {
    return this.#kept?.outcomesOf(worker, kind)
  }

  /** When what files have left until now is kept, where it is. */
  async kept(): Promise<void> {
    await this.#kept?.settled()
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
    const limiting = await this.#limiting?.catch(() => undefined)
    await choice?.zygote.close()
    await Promise.all([this.#launcher?.close(), limiting?.close()])
    this.#plans?.close()
    this.#staging?.remove()
    this.setupLayer?.remove()
    this.setupLayer = undefined
    this.#choice = this.#plans = this.#places = this.#launcher = this.#limiting = this.#staging = this.#files = this.#isUsual = undefined
    this.#trafficRefusal = undefined
    this.#said.clear()
    this.#views.clear()
  }

  async #open(kind: WorkerKind): Promise<LaunchChoice> {
    const { vitest } = kind.project
    vitest.onClose(() => this.close())
    this.#teardownTimeout = vitest.config.teardownTimeout
    const { request, anywhere } = this.#fileOptions()
    for (const [index, { reach }] of this.options.rules.entries()) allowedHere(reach.allow ?? [], process.env, `rules.${index}.allow`)
    this.#places = placesOf(vitest, this.options.workspace)
    const { keep } = this.options
    this.#kept = keep === 'never' ? undefined : new KeptFiles(keep, { vitest, workspaces: this.workspaces }, () => this.setupLayer)
    const plans = new Plans(sandboxRequest(this.options, this.#places, kind), process.env)
    this.#plans = plans
    const launcher = new Launcher(new Workers(plans, await this.#find(request)), () => this.stagingDirectory(), this.looks)
    this.#launcher = launcher
    const { upper } = this.options
    const launch = needsFreshNode(kind) ? 'cold' : this.options.launch
    const choice = await chooseLaunch({ launch, upper, plans, start: (mode) => launcher.zygote(mode, kind) })
    launcher.adopt(choice.zygote, kind)
    const { mode, reasons, notEnforced } = choice
    if (reasons.length > 0) vitest.logger.warn(`nsbox: workers are launched ${mode}: ${printable(reasons.join('; '))}`)
    this.#report(vitest, [...notEnforced, ...plans.notEnforced])
    this.#reportLimits(vitest, launcher.workers.limited, choice.zygote.pid, { every: request?.limits ?? {}, some: anywhere })
    for (const workspace of this.workspaces) {
      const foreign = foreignGroup(workspace)
      if (foreign !== undefined) vitest.logger.warn(`nsbox: ${foreign}`)
    }
    await this.#setUp(plans, { workers: launcher.workers, zygote: choice.zygote, env: kind.env, root: vitest.config.root }, vitest)
    return choice
  }

  async #setUp(plans: Plans, place: SetupPlace, { logger }: Vitest): Promise<void> {
    if (this.options.setup === undefined) return
    this.setupLayer = await SetupLayer.make(this.options.setup, place)
    plans.lay(this.setupLayer.layers)
    for (const path of this.setupLayer.skipped)
      logger.warn(`nsbox: a socket or device that setup made is not there for the files: ${quoted(path)}`)
  }

  #fileOptions(): FileOptions {
    this.#files ??= FileOptions.here(this.options, {
      cwd: process.cwd(),
      counts: this.#counts,
      sourceOf: (file) => (existsSync(file) ? readFileSync(file, 'utf8') : ''),
    })
    return this.#files
  }

  #usualWrites(places: WrittenPlaces): (path: string) => boolean {
    this.#isUsual ??= usualWrites(this.options.expectedWrites, places)
    return this.#isUsual
  }

  async #launcherFor(limits: Limits, kind: WorkerKind, mode: ZygoteMode): Promise<Launcher> {
    const launcher = this.#launcher as Launcher
    if (launcher.workers.limited || Object.keys(limits).length === 0) return launcher
    this.#limiting ??= this.#openLimiting(limits, kind, mode)
    return this.#limiting
  }

  async #openLimiting(limits: Limits, kind: WorkerKind, mode: ZygoteMode): Promise<Launcher> {
    const { limitsBy: by, seal, cgroupParent: parent } = this.options
    const limited = await this.#find({ limits: {}, by, seal, parent })
    const launcher = new Launcher(new Workers(this.#plans as Plans, limited), () => this.stagingDirectory(), this.looks)
    const zygote = launcher.zygote(needsFreshNode(kind) ? 'cold' : mode, kind)
    launcher.adopt(zygote, kind)
    await zygote.prepared
    this.#reportLimits(kind.project.vitest, limited, zygote.pid, { every: {}, some: limits })
    return launcher
  }

  /** No limit is set before a worker's file is known. */
  #find(request: FileOptions['request']): Promise<Limited> {
    return findLimits(request && { ...request, limits: {} }, process.env)
  }

  /** Not before it is wanted: a spare one would take the port from it. @throws NsboxError ERR_NSBOX_PORT */
  async #expose({ sandbox }: WorkerSandbox): Promise<void> {
    const { ports } = sandbox
    try {
      ports?.expose()
    } catch {
      try {
        // One that is about to end may have it.
        await Promise.all(this.#leaving)
        ports?.expose()
      } catch (error) {
        sandbox.kill()
        throw error
      }
    }
  }

  /** Said once a run: protections and limits that were asked for with `prefer` and are not in force. */
  #report(vitest: Vitest, missing: readonly NotEnforced[]): void {
    for (const one of missing) this.warn(vitest, missingWords(one))
  }

  /** @throws NsboxError ERR_NSBOX_LIMIT for one of every file's that cannot be held, when the seal is `require` */
  #reportLimits({ logger }: Vitest, limited: Limited, pid: number, { every, some }: Record<'every' | 'some', Limits>): void {
    if (!limited) return
    const { means } = limited.source.limiter(pid)
    if (this.options.seal === 'require') throwMissing(limitPlan(every, means))
    const emulation = describeEmulation(limitPlan(some, means), means)
    if (emulation !== undefined) logger.warn(`nsbox: ${emulation}`)
  }
}

function sandboxRequest(options: ResolvedPoolOptions, { overlays, visible }: Places, kind: WorkerKind): SandboxRequest {
  const { seal, uid, hostname, disk, reach } = options
  return {
    seal,
    uid,
    ...reach,
    hostname,
    disk,
    overlays,
    passThrough: [],
    visible: [...visible, installDirectory(kind.distPath), installDirectory(import.meta.dirname)],
    cwd: process.cwd(),
  }
}
