// The host half of a pool worker: vitest's PoolWorker, with a sandbox behind it.

import { EventEmitter } from 'node:events'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { basename, join, relative } from 'node:path'
import type { PoolWorker, PoolOptions as WorkerOptions, WorkerRequest } from 'vitest/node'
import { errorToData, NsboxError } from '../src/errors.ts'
import type { Sandbox } from '../src/launch/sandbox.ts'
import { useStagedFiles } from './artifacts.ts'
import { endingError, oomKills } from './ending.ts'
import { HangWatch } from './hang-watch.ts'
import type { HostToWorker, StagedFile, StartMessage, VitestMessage, WorkerToHost } from './messages.ts'
import { mirrorFile } from './places.ts'
import type { SandboxPool } from './pool.ts'
import { isProfiled } from './profiles.ts'
import { Progress } from './progress.ts'
import { Turns } from './turns.ts'
import type { WorkerLimits } from './worker-limits.ts'
import type { WorkerSandbox } from './workers.ts'

/** How long a profiled worker may take to write its profiles, in milliseconds. */
const profileGrace = 10_000
const stderrKept = 8192

export class NsboxPoolWorker implements PoolWorker {
  readonly name = 'nsbox'
  readonly #options: WorkerOptions
  readonly #pool: SandboxPool
  readonly #events = new EventEmitter()
  readonly #oomKillsBefore = oomKills()
  /** Settles when the worker may have the next message. */
  #ready: Promise<WorkerSandbox | undefined> = Promise.resolve(undefined)
  readonly #progress = new Progress()
  readonly #deliveries = new Turns()
  #limits: WorkerLimits | undefined
  #hang: HangWatch | undefined
  #stderr = ''
  /** vitest has asked the worker to end, and waits for its answer. */
  #leaving = false
  /** vitest expects nothing more from the worker. */
  #stopping = false
  #staging: string | undefined

  constructor(options: WorkerOptions, pool: SandboxPool) {
    this.#options = options
    this.#pool = pool
  }

  on(event: string, callback: (...args: unknown[]) => void): void {
    this.#events.on(event, callback)
  }

  off(event: string, callback: (...args: unknown[]) => void): void {
    this.#events.off(event, callback)
  }

  deserialize(data: unknown): unknown {
    return data
  }

  /** Nothing yet: which sandbox it takes is known with vitest's first message. */
  async start(): Promise<void> {}

  send(message: WorkerRequest): void {
    if (message.type === 'start') this.#ready = this.#launch(message as unknown as StartMessage)
    if (message.type === 'run' || message.type === 'collect') this.#begin(message.context.files.map(({ filepath }) => filepath))
    void this.#ready.then((worker) => {
      if (message.type === 'stop') this.#leave(worker)
      this.#post(worker?.sandbox, { vitest: message })
    })
  }

  async stop(): Promise<void> {
    this.#stopping = true
    this.#hang?.stop()
    const worker = await this.#ready
    if (!worker) return
    if (isProfiled(this.#options.execArgv)) await this.#leaveOrdinarily(worker.sandbox)
    worker.sandbox.kill()
    await worker.ended
  }

  #leave(worker: WorkerSandbox | undefined): void {
    if (!worker) return
    this.#leaving = true
    this.#pool.letFinish(worker)
  }

  /** Without limits nothing waits. */
  #begin(files: string[]): void {
    this.#progress.begin(files)
    this.#hang?.start()
    const [first] = files
    const limits = this.#limits
    if (!limits || first === undefined) return
    this.#ready = this.#ready.then(async (worker) => (worker && (await this.#held(worker, limits.begin(first))) ? worker : undefined))
  }

  /** What cannot be limited as it was asked for does not run: false. */
  async #held(worker: WorkerSandbox, begun: Promise<void>): Promise<boolean> {
    try {
      await begun
      return true
    } catch (error) {
      // How the sandbox ended is told by its end.
      if (NsboxError.is(error) && error.code === 'ERR_NSBOX_ENDED') return true
      this.#fail(naming(this.#names, error))
      worker.sandbox.kill()
      return false
    }
  }

  /** Known where tests are told of. */
  get #place(): string {
    return this.#limits ? this.#progress.place : ''
  }

  get #names(): string[] {
    return this.#progress.files.map((file) => relative(this.#options.project.config.root, file))
  }

  async #launch(start: StartMessage): Promise<WorkerSandbox | undefined> {
    try {
      const worker = await this.#pool.launch(this.#options, start)
      this.#connect(worker)
      return worker
    } catch (error) {
      this.#events.emit('error', error)
      return undefined
    }
  }

  #connect(worker: WorkerSandbox): void {
    const { sandbox } = worker
    this.#limits = this.#pool.limitsOf(worker, this.#options)
    if (this.#limits) this.#post(sandbox, { nsbox: 'tell-tests' })
    const { logger } = this.#options.project.vitest
    sandbox.stdout.on('data', (chunk) => logger.outputStream.write(chunk))
    sandbox.stderr.on('data', (chunk: Buffer) => {
      this.#stderr = (this.#stderr + chunk.toString()).slice(-stderrKept)
      logger.errorStream.write(chunk)
    })
    this.#hang = new HangWatch(this.#pool.options.hangTimeout, {
      ping: () => this.#post(sandbox, { nsbox: 'ping' }),
      hung: async (error) => {
        const times = await this.#limits?.held()
        this.#fail(error(this.#progress.files, times === undefined ? this.#place : `${this.#place} (${times})`))
        sandbox.kill()
      },
    })
    sandbox.channel.on((message) => this.#receive(worker, message as WorkerToHost))
    void worker.ended.then(async (end) => {
      this.#hang?.stop()
      const { root } = this.#options.project.config
      const oomKilled = oomKills() > this.#oomKillsBefore
      await this.#deliveries.over()
      this.#fail(endingError(end, { root, files: this.#progress.files, place: this.#place, stderr: this.#stderr, oomKilled }))
    })
  }

  #fail(error: Error): void {
    if (this.#stopping) return
    this.#stopping = true
    // Whoever waits for the answer to `stop` no longer listens for errors: it takes them with the answer.
    if (this.#leaving) this.#events.emit('message', { __vitest_worker_response__: true, type: 'stopped', error })
    else this.#events.emit('error', error)
  }

  #receive(worker: WorkerSandbox, message: WorkerToHost): void {
    this.#hang?.alive()
    if ('vitest' in message) {
      this.#progress.see(message.vitest)
      this.#deliveries.take(() => this.#deliver(worker, message))
    } else if (message.nsbox === 'test') {
      this.#progress.seeTest(message.test)
      this.#limits?.seeTest(message.test?.id)
    } else if (message.nsbox === 'mirror') {
      this.#post(worker.sandbox, { nsbox: 'mirrored', id: message.id, ...this.#mirror(message) })
    }
  }

  /** At once, unless something has to be done first. */
  #deliver(worker: WorkerSandbox, { vitest, files }: VitestMessage): Promise<void> | undefined {
    const limited = this.#limits?.see(vitest)
    if (!limited && !files) return this.#emit(vitest)
    const staged = files && this.#useStaged(vitest, files).catch((error) => this.#fail(error))
    return Promise.all([limited && this.#held(worker, limited), staged]).then(() => this.#emit(vitest))
  }

  #emit(vitest: unknown): undefined {
    const { type } = vitest as { type?: string }
    if (type === 'testfileFinished') this.#hang?.stop()
    this.#events.emit('message', vitest)
  }

  async #useStaged(vitest: unknown, files: StagedFile[]): Promise<void> {
    this.#staging ??= await this.#pool.stagingDirectory()
    const staging = this.#staging
    useStagedFiles(vitest, this.#options.project.config.root, files, (file) => stage(staging, file))
  }

  #mirror({ path, content }: { path: string; content: Uint8Array | null }): { error?: string } {
    try {
      mirrorFile(this.#pool.workspace(this.#options), path, content)
      return {}
    } catch (error) {
      return { error: (error as Error).message }
    }
  }

  #post(sandbox: Sandbox | undefined, message: HostToWorker): void {
    sandbox?.channel.post(message)
  }

  async #leaveOrdinarily(sandbox: Sandbox): Promise<void> {
    this.#post(sandbox, { nsbox: 'exit' })
    let timer: NodeJS.Timeout | undefined
    await Promise.race([sandbox.ended, new Promise((resolve) => (timer = setTimeout(resolve, profileGrace)))])
    clearTimeout(timer)
  }
}

function naming(files: readonly string[], error: unknown): NsboxError {
  const { message, ...data } = errorToData(error)
  return new NsboxError(`${files.join(', ')}: ${message}`, data)
}

function stage(directory: string, { path, content }: StagedFile): string {
  const staged = join(mkdtempSync(join(directory, 'attachment-')), basename(path))
  writeFileSync(staged, content)
  return staged
}
