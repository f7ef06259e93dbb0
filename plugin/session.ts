// One sandbox with vitest's worker in it, from its start to its end.

import { EventEmitter } from 'node:events'
import { resolve } from 'node:path'
import type { Vitest, PoolOptions as WorkerOptions } from 'vitest/node'
import { errorToData, NsboxError } from '../src/errors.ts'
import { settledWithin } from '../src/launch/settled.ts'
import { unrelayedWords } from '../src/launch/unrelayed.ts'
import { isShared } from '../src/plan/host-view.ts'
import { oneLine, quoted, singleQuoted } from '../src/quoted.ts'
import type { MissingKnob } from '../src/stress/knobs.ts'
import { frameLimit, MessageTooLong } from '../src/wire/frame.ts'
import { copyAttachments } from './artifacts.ts'
import type { AttemptWatch } from './attempt-watch.ts'
import { type CoveragePlace, fetchCoverage } from './coverage-files.ts'
import type { CoveredPlace } from './coverage-shape.ts'
import { endingError, oomKills } from './ending.ts'
import { executedFiles } from './executed-files.ts'
import type { FileSettings } from './file-options.ts'
import type { HostView } from './file-view.ts'
import { HangWatch } from './hang-watch.ts'
import type { LeftBehind } from './left-behind.ts'
import type { HostToWorker, SnapshotUpdate, StartMessage, VitestMessage, WorkerToHost } from './messages.ts'
import { mirrorFile } from './mirror-place.ts'
import type { Outcomes } from './outcomes.ts'
import { coverageDirectory, realLocation } from './places.ts'
import type { SandboxPool } from './pool.ts'
import { isProfiled } from './profiles.ts'
import { Progress } from './progress.ts'
import { StagedAttachments } from './staged-attachments.ts'
import { dropOwnMeta, tellsOfTasks } from './task-updates.ts'
import { Turns } from './turns.ts'
import { fileNames, nodeFlags } from './worker-kind.ts'
import type { WorkerLimits } from './worker-limits.ts'
import { isWorkerMessage } from './worker-messages.ts'
import { takeWorkerNumber } from './worker-number.ts'
import { WorkerRefusals } from './worker-refusals.ts'
import type { WorkerReport } from './worker-report.ts'
import { WorkerRequests } from './worker-requests.ts'
import type { WorkerSandbox } from './workers.ts'

/** How long a profiled worker may take to write its profiles, in milliseconds. */
const profileGrace = 10_000
const stderrKept = 8192
/** Snapshots of one worker. A test could go on and on. */
const refusedTold = 100
const forgedHint = 'A test has written to the channel between vitest and its worker, or has changed what vitest sends.'
const longHint = 'A test has logged, compared or saved more at once than vitest’s main process can take. Attachments may be of any length.'

export interface SessionHost {
  options: WorkerOptions
  pool: SandboxPool
  /** A message for vitest. */
  deliver(vitest: unknown): void
  /** Called at most once. */
  failed(error: Error): void
}

type ResponseType = 'started' | 'testfileFinished' | 'stopped'

/** What the worker answers to requests of vitest's, by their types. */
const responses: Readonly<Record<string, ResponseType>> = {
  start: 'started',
  run: 'testfileFinished',
  collect: 'testfileFinished',
  stop: 'stopped',
}

/** vitest's answer to a request of its own. */
interface Response {
  __vitest_worker_response__?: true
  type?: ResponseType
  error?: unknown
}

export class Session {
  /** Equal for files that it can serve. */
  readonly key: string
  readonly #host: SessionHost
  readonly #worker: WorkerSandbox
  readonly #oomKillsBefore = oomKills()
  readonly #progress = new Progress()
  readonly #deliveries = new Turns()
  readonly #answers = new EventEmitter()
  readonly #limits: WorkerLimits | undefined
  readonly #report: WorkerReport
  /** Where somebody wants to know. */
  readonly #outcomes: Outcomes | undefined
  readonly #refusals: WorkerRefusals
  /** Of a campaign. */
  readonly #attempt: AttemptWatch | undefined
  readonly #hang: HangWatch
  readonly #requests: WorkerRequests
  readonly #attachments: StagedAttachments
  /** The host as this sandbox sees it. */
  readonly #view: HostView
  #stderr = ''
  /** Answers to requests, each of which comes once. */
  readonly #awaited = new Set<ResponseType>()
  /** vitest waits for the end of what it has told its runner to stop. A worker that has only pretended to be done would hold it up. */
  #areFilesOver = false
  /** It has sent what no worker sends. What follows is not worth a look. */
  #isForged = false
  /** Nobody expects anything of it any more. */
  #isOver = false
  #update: SnapshotUpdate = 'none'
  /** Paths of snapshots that were not saved, in this run. */
  readonly #refused = new Set<string>()
  /** Called with the knobs that could not be turned inside. */
  #turned: ((missing: MissingKnob[]) => void) | undefined

  private constructor(host: SessionHost, worker: WorkerSandbox, settings: FileSettings, names: readonly string[]) {
    this.key = host.pool.sandboxKey(settings)
    this.#host = host
    this.#worker = worker
    this.#limits = host.pool.limitsOf(worker, host.options)
    this.#refusals = new WorkerRefusals(worker.sandbox)
    this.#report = host.pool.reportOf(worker, host.options, this.#refusals, (pack) =>
      this.#emit({ t: 'q', m: 'onTaskUpdate', a: [[pack], []] }, false),
    )
    this.#outcomes = host.pool.outcomesOf(worker, host.options)
    this.#attempt = host.pool.attempt
    this.#hang = new HangWatch(host.pool.options.hangTimeout, {
      ping: () => this.#post({ nsbox: 'ping' }),
      hung: (error) => void this.#endHung(error),
    })
    this.#view = host.pool.hostView(this.key, worker.plan)
    this.#requests = new WorkerRequests({
      project: host.options.project,
      workspaces: host.pool.workspaces,
      isShared: (path) => isShared(worker.plan, path),
      files: () => worker.uppers.files,
      isTouched: () => worker.uppers.isTouched,
      view: this.#view,
      viewName: host.pool.viewName(settings),
      deliver: (vitest) => host.deliver(vitest),
      answer: (vitest) => this.#post({ vitest }),
      hidden: (path, by) => this.#tellHidden(path, by),
      stray: (error) => this.#tellStray(error),
      warn: (words) => host.pool.warn(host.options.project.vitest, `${this.#names.join(', ')}: ${words}`),
    })
    this.#attachments = new StagedAttachments({
      directory: host.options.project.config.attachmentsDir,
      files: worker.plan.namespaces.includes('mount') ? () => worker.uppers.files : undefined,
      staging: () => host.pool.stagingDirectory(),
      know: (path) => this.#report.know(path),
    })
    this.#connect()
    this.#tellPorts(names)
  }

  /** @throws NsboxError when it cannot be had */
  static async launch(host: SessionHost, start: StartMessage, settings: FileSettings, files: readonly string[]): Promise<Session> {
    const names = fileNames(files, host.options)
    try {
      const worker = await host.pool.launch(host.options, start, settings)
      return new Session(host, worker, settings, names)
    } catch (error) {
      // What one file asks for, and others may not.
      throw NsboxError.is(error) && ['ERR_NSBOX_PORT', 'ERR_NSBOX_CONFIG'].includes(error.code) ? naming(names, error) : error
    }
  }

  /** When vitest's worker has started for these files, or has ended. @throws in vitest's words, with what it could not start for */
  async start(message: StartMessage, files: readonly string[]): Promise<void> {
    const started = this.#answer('started')
    this.#update = message.context.config.snapshotOptions.updateSnapshot
    this.post(message)
    await started.catch((cause) => {
      // vitest has made it data, which is no Error of its own any more.
      throw new Error(`Failed to start nsbox worker for test files ${files.map(quoted).join(', ')}.`, { cause })
    })
  }

  /** `message` is vitest's request to run these files, or to collect their tests. */
  async run(message: unknown, files: readonly string[]): Promise<void> {
    this.#progress.begin(files)
    this.#refused.clear()
    this.#requests.gives(files)
    const isRun = (message as { type: string }).type === 'run'
    if (isRun) this.#outcomes?.begin(files)
    this.#refusals.begin(files)
    this.#hang.start()
    const [first] = files
    if (this.#attempt && !(await this.#held(this.#turn(this.#attempt)))) return
    if (this.#limits && first !== undefined && !(await this.#held(this.#limits.begin(first)))) return
    if (isRun) this.#report.begin(files)
    this.post(message)
  }

  /** @throws NsboxError for a knob that cannot be turned inside, when the campaign says `require` */
  async #turn(attempt: AttemptWatch): Promise<void> {
    const turned = new Promise<MissingKnob[]>((resolve) => {
      this.#turned = resolve
      void this.#worker.ended.then(() => resolve([]))
    })
    this.#post({ nsbox: 'knobs', knobs: attempt.inside })
    await attempt.began(this.#worker, await turned)
  }

  /** A message of vitest's. */
  post(message: unknown): void {
    const { __vitest_worker_request__: isRequest, type = '' } = message as { __vitest_worker_request__?: true; type?: string }
    const response = isRequest && responses[type]
    if (response) this.#awaited.add(response)
    if (response === 'testfileFinished') this.#areFilesOver = false
    const vitest = this.#requests.answered(message)
    if (vitest !== undefined) this.#post({ vitest })
  }

  /** vitest has asked it to end, and waits for its answer. */
  leave(): void {
    this.#host.pool.letFinish(this.#worker)
    void this.#attempt?.leaving(this.#worker)
  }

  /** Ends it between two files: another sandbox takes over. An environment that does not end holds the others back no longer than vitest lets it. */
  async retire(): Promise<void> {
    this.leave()
    const stopped = this.#answer('stopped')
    this.post({ __vitest_worker_request__: true, type: 'stop' })
    const { state, config } = this.#host.options.project.vitest
    const told = stopped.catch((error) => state.catchError(error, 'Teardown Error'))
    await settledWithin([told], config.teardownTimeout)
    await this.stop()
  }

  async stop(): Promise<void> {
    if (!this.#isOver) this.#outcomes?.abandon()
    this.#isOver = true
    this.#hang.stop()
    await this.#attempt?.ending(this.#worker)
    if (isProfiled(nodeFlags(this.#host.options))) await this.#leaveOrdinarily()
    this.#worker.sandbox.kill()
    await this.#worker.ended
  }

  /** What is answered to a request that vitest did not make. Settles too when the sandbox ends. */
  #answer(type: Response['type']): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#answers.once(String(type), ({ error }: Response) => (error ? reject(error) : resolve()))
      void this.#worker.ended.then(() => resolve())
    })
  }

  /** What cannot be limited as it was asked for does not run: false. */
  async #held(begun: Promise<void>): Promise<boolean> {
    try {
      await begun
      return true
    } catch (error) {
      // How the sandbox ended is told by its end.
      if (NsboxError.is(error) && error.code === 'ERR_NSBOX_ENDED') return true
      this.#fail(naming(this.#names, error))
      this.#worker.sandbox.kill()
      return false
    }
  }

  /** Known where tests are told of. */
  get #place(): string {
    return this.#limits ? this.#progress.place : ''
  }

  get #names(): string[] {
    return fileNames(this.#progress.files, this.#host.options)
  }

  #connect(): void {
    const { sandbox, ended } = this.#worker
    if (this.#limits) this.#post({ nsbox: 'tell-tests' })
    const number = takeWorkerNumber()
    this.#post({ nsbox: 'worker', number: number.value, ownNetwork: this.#worker.plan.namespaces.includes('net') })
    void ended.then(() => number.release())
    const { logger } = this.#host.options.project.vitest
    sandbox.stdout.on('data', (chunk: Buffer) => {
      if (this.#attempt) this.#attempt.say(chunk)
      else logger.outputStream.write(chunk)
    })
    sandbox.stderr.on('data', (chunk: Buffer) => {
      this.#stderr = (this.#stderr + chunk.toString()).slice(-stderrKept)
      if (this.#attempt) this.#attempt.say(chunk)
      else logger.errorStream.write(chunk)
    })
    sandbox.channel.on((message) => this.#receive(message))
    sandbox.channel.longest = longestMessage(this.#host.options.project.vitest)
    sandbox.channel.onBroken = (error) =>
      error instanceof MessageTooLong ? this.#endForged(error.message, longHint) : this.#endForged('bytes that are no message')
    const reported = this.#reported()
    void ended.then(async (end) => {
      this.#hang.stop()
      this.#requests.close()
      this.#attempt?.ended(end)
      const { root } = this.#host.options.project.config
      const oomKilled = oomKills() > this.#oomKillsBefore
      await this.#deliveries.over()
      await reported
      this.#fail(endingError(end, { root, files: this.#progress.files, place: this.#place, stderr: this.#stderr, oomKilled }))
    })
  }

  /** When it has ended, and nothing more is to be told of its files. */
  #reported(): Promise<void> {
    return new Promise((resolve) => {
      this.#worker.readUppers(async () => {
        await this.#deliveries.over()
        await this.#report.ended(await this.#worker.ended).catch((error) => this.#fail(error))
        resolve()
      })
    })
  }

  #tellPorts(names: readonly string[]): void {
    const { ports } = this.#worker.sandbox
    if (!ports) return
    const { vitest } = this.#host.options.project
    ports.onRefused = ({ to }, { code }) => {
      this.#host.pool.warn(vitest, `forward: ${unrelayedWords(to, code)}`)
    }
    for (const { listen, to } of ports.chosen) {
      vitest.logger.log(`nsbox: ${names.join(', ')}: port ${listen} of localhost leads to ${to} inside`)
    }
  }

  async #endHung(error: (files: readonly string[], place: string) => NsboxError): Promise<void> {
    const times = await this.#limits?.held()
    this.#fail(error(this.#progress.files, times === undefined ? this.#place : `${this.#place} (${times})`))
    this.#worker.sandbox.kill()
  }

  #fail(error: Error): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#host.failed(error)
  }

  #receive(message: unknown): void {
    if (this.#isForged) return
    if (!isWorkerMessage(message)) return this.#endForged('something that vitest does not send')
    try {
      this.#take(message as WorkerToHost)
      this.#hang.alive(this.#progress.isFileOver)
    } catch (error) {
      this.#endFailed(error)
    }
  }

  /** Something of nsbox's own could not take a message. Whoever has sent it made that so: only they are ended. */
  #endFailed(error: unknown): void {
    this.#fail(error as Error)
    this.#worker.sandbox.kill()
  }

  /** Others go on: what one worker says must not end the run. */
  #endForged(what: string, hint = forgedHint): void {
    this.#isForged = true
    const said = `${this.#names.join(', ')}: the worker sent ${what}, and was ended`
    // vitest may have told of all errors by then, and have seen that the run passed.
    if (!this.#awaited.has('testfileFinished')) {
      this.#host.pool.warn(this.#host.options.project.vitest, said)
      process.exitCode = 1
    }
    this.#fail(new NsboxError(said, { code: 'ERR_NSBOX_WORKER', stage: 'payload', hint }))
    this.#worker.sandbox.kill()
  }

  #take(message: WorkerToHost): void {
    if ('vitest' in message) {
      const verdict = this.#requests.judge(message.vitest)
      if (typeof verdict === 'string') return this.#endForged(verdict)
      if (verdict) return this.#requests.refuse(message.vitest, verdict)
      this.#progress.see(message.vitest)
      this.#attempt?.see(message.vitest)
      this.#deliveries.take(() => this.#delivered(message))
    } else if (message.nsbox === 'test') {
      this.#progress.seeTest(message.test)
      this.#limits?.seeTest(message.test?.id)
      this.#attempt?.seeTest(message.test)
    } else if (message.nsbox === 'refused') {
      if (this.#requests.isGiven(message.file)) this.#refusals.take(message)
    } else if (message.nsbox === 'turned') {
      this.#turned?.(message.missing.map(({ knob, why }) => ({ knob, why: oneLine(why) })))
    } else if (message.nsbox === 'mirror') {
      const { id } = message
      void this.#mirror(message).then((answer) => this.#post({ nsbox: 'mirrored', id, ...answer }))
    }
  }

  /** Never rejects. A message that cannot be handed on ends the worker: vitest would wait for it for ever. */
  #delivered(message: VitestMessage): Promise<void> | undefined {
    try {
      return this.#deliver(message)?.catch((error) => this.#endFailed(error))
    } catch (error) {
      this.#endFailed(error)
      return undefined
    }
  }

  /** At once, unless something has to be done first. */
  #deliver({ vitest, own, left }: VitestMessage): Promise<void> | undefined {
    dropOwnMeta(vitest)
    this.#refusals.see(vitest)
    const limited = this.#limits?.see(vitest)
    const covered = fetchCoverage(vitest, () => this.#coveragePlace())
    const attached = copyAttachments(vitest, this.#host.options.project.config.root, (path) => this.#attachments.stage(path))
    if (!limited && !attached && !covered) return this.#emitReported(vitest, left, own)
    return Promise.all([limited && this.#held(limited), attached, covered]).then(
      ([, refusal]) => (refusal ? this.#requests.refuse(vitest, refusal) : this.#emitReported(vitest, left, own)),
      // The others never reject. vitest is not told of it: it would read the file that the worker has named.
      (error: Error) => this.#endForged(error.message),
    )
  }

  #coveragePlace(): CoveragePlace {
    const { project } = this.#host.options
    const { vitest } = project
    return {
      files: this.#worker.uppers.files,
      view: this.#view,
      directory: Number.parseInt(vitest.version, 10) < 5 ? undefined : coverageDirectory(vitest),
      provider: vitest.config.coverage.provider ?? 'v8',
      root: project.config.root,
      mapsOf: (environment) => mapsOf(project, environment),
    }
  }

  #emitReported(vitest: unknown, left: LeftBehind | undefined, own = false): Promise<void> | undefined {
    const reported = this.#report.see(vitest, left)
    return reported ? reported.catch((error) => this.#fail(error)).then(() => this.#emit(vitest, own)) : this.#emit(vitest, own)
  }

  #emit(vitest: unknown, own: boolean): undefined {
    this.#outcomes?.see(vitest)
    const response = vitest as Response
    if (response.__vitest_worker_response__) {
      const type = response.type as ResponseType
      if (!this.#awaited.delete(type)) return this.#endForged(`an answer that nobody waits for (${type})`) as undefined
      if (type === 'testfileFinished') {
        this.#hang.stop()
        // Where a run has failed, updates may still be on their way.
        this.#areFilesOver = !response.error
      }
      this.#requests.answers(response)
      if (this.#answers.emit(String(response.type), response)) return
    } else if (this.#areFilesOver && tellsOfTasks(vitest))
      return this.#endForged(`${(vitest as { m: string }).m} after the end of its files`) as undefined
    this.#requests.asked(vitest, own)
  }

  async #mirror({ path, content }: { path: string; content: Uint8Array | null }): Promise<{ error?: string }> {
    let real = path
    try {
      real = realLocation(resolve(path))
      const { workspaces } = this.#host.pool
      const executed = () => executedFiles(this.#host.options.project.vitest)
      const shared = (place: string) => isShared(this.#worker.plan, place)
      const owner = await this.#requests.owners.of(path)
      this.#report.know(mirrorFile({ workspaces, executed, isShared: shared, update: this.#update, owner }, path, content))
      return {}
    } catch (error) {
      if (!NsboxError.is(error) || error.code !== 'ERR_NSBOX_MIRROR') return { error: (error as Error).message }
      this.#tellRefused(real, error)
      return {}
    }
  }

  /** Once for each path. It fails the run, and the file goes on: its other snapshots, its counts and its coverage are to be had. */
  #tellRefused(path: string, { message, hint }: NsboxError): void {
    if (this.#refused.has(path) || this.#refused.size > refusedTold) return
    this.#refused.add(path)
    const isTold = this.#refused.size <= refusedTold
    if (isTold) this.#report.know(path)
    const words = isTold ? `${message}. ${hint}` : 'More snapshots cannot be saved, and are not told of.'
    const error = new NsboxError(`${this.#names.join(', ')}: ${words}`, { code: 'ERR_NSBOX_MIRROR', stage: 'payload' })
    // Where nsbox says so is of no use to anybody, and there may be many.
    error.stack = `${error.name}: ${error.message}`
    this.#host.options.project.vitest.state.catchError(error, 'Unhandled Error')
  }

  /** Once for each path. */
  #tellHidden(path: string, by: 'test' | 'plugin'): void {
    const { pool, options } = this.#host
    const names = this.#names.join(', ')
    const who = by === 'test' ? `${names} imports` : `for ${names} a plugin of Vite reads`
    pool.warn(
      options.project.vitest,
      `${who} ${quoted(path)}, which is not there in its sandbox; allow: [${singleQuoted(path)}] lets it in`,
    )
  }

  #tellStray(cause: unknown): void {
    const error = new Error(`${this.#names.join(', ')}: an error that nothing caught, while Vite worked for it`, { cause })
    this.#host.options.project.vitest.state.catchError(error, 'Unhandled Error')
  }

  #post(message: HostToWorker): void {
    this.#worker.sandbox.channel.post(message)
  }

  async #leaveOrdinarily(): Promise<void> {
    this.#post({ nsbox: 'exit' })
    let timer: NodeJS.Timeout | undefined
    await Promise.race([this.#worker.ended, new Promise((resolve) => (timer = setTimeout(resolve, profileGrace)))])
    clearTimeout(timer)
  }
}

function naming(files: readonly string[], error: unknown): NsboxError {
  const { message, ...data } = errorToData(error)
  return new NsboxError(`${files.join(', ')}: ${message}`, data)
}

/** istanbul's provider of vitest 5 keeps them. In vitest 4 each file's coverage holds its own. */
function mapsOf(project: WorkerOptions['project'], environment: unknown): CoveredPlace['maps'] {
  const { coverageProvider } = project.vitest as { coverageProvider?: { getInputSourceMaps?: typeof mapsOf } | null }
  return coverageProvider?.getInputSourceMaps?.(project, environment)
}

/** In bytes. What a message becomes in memory is up to thirty times as long. vitest 4 has coverage in it. */
function longestMessage({ version, config }: Vitest): number {
  return Number.parseInt(version, 10) < 5 && config.coverage.enabled ? frameLimit : 64 * 1024 * 1024
}
