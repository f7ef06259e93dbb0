// The host half of a pool worker: vitest's PoolWorker, with a sandbox behind it, or one after the other.

import { EventEmitter } from 'node:events'
import { isDeepStrictEqual } from 'node:util'
import type { PoolTask, PoolWorker, PoolOptions as WorkerOptions, WorkerRequest } from 'vitest/node'
import { startedInTime } from '../src/launch/start-timeout.ts'
import type { FileSettings } from './file-options.ts'
import type { StartMessage } from './messages.ts'
import type { SandboxPool } from './pool.ts'
import { Session, type SessionHost } from './session.ts'
import { awaitWorker, workerIsDone } from './unfinished.ts'
import { fileNames, isInspected } from './worker-kind.ts'

type RunRequest = Extract<WorkerRequest, { type: 'run' | 'collect' }>
type Files = RunRequest['context']['files']

/** Files of a request that one sandbox can serve. */
interface Part {
  settings: FileSettings
  files: Files
}

export class NsboxPoolWorker implements PoolWorker {
  readonly name = 'nsbox'
  readonly #host: SessionHost
  readonly #events = new EventEmitter()
  /** Which sandbox it takes is known with the first file: until then vitest's request to start waits. */
  #start: StartMessage | undefined
  #session: Session | undefined
  /** Of vitest's messages, those that came before there was one. */
  #early: unknown[] = []
  /** Settles when what was asked for is under way. */
  #work: Promise<void> = Promise.resolve()
  /** Called when the files of a part are finished and another part follows. */
  #nextPart: (() => void) | undefined
  /** vitest has asked the worker to end, and waits for its answer. */
  #leaving = false
  /** vitest expects nothing more from the worker. */
  #stopping = false
  /** Came when vitest no longer listened for errors, and had not yet asked the worker to end. */
  #late: unknown

  constructor(options: WorkerOptions, pool: SandboxPool) {
    this.#host = {
      options,
      pool,
      deliver: (vitest) => this.#deliver(vitest),
      failed: (error) => this.#fail(error),
    }
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

  /** Whether the next file may have this worker. vitest would give it to one that has ended, and wait for ever. */
  canReuse({ context: { environment } }: PoolTask): boolean {
    const { name, options } = this.#host.options.environment
    return !this.#stopping && environment.name === name && isDeepStrictEqual(environment.options, options)
  }

  /** Nothing yet: see {@link send}. */
  async start(): Promise<void> {}

  send(message: WorkerRequest): void {
    switch (message.type) {
      case 'start':
        this.#start = message as unknown as StartMessage
        return queueMicrotask(() => this.#respond('started'))
      case 'run':
      case 'collect':
        awaitWorker(this)
        this.#work = this.#work.then(() => this.#run(message)).catch((error) => this.#fail(error))
        return
      case 'stop':
        void this.#work.then(() => this.#leave(message))
        return
      default:
        if (this.#session) this.#session.post(message)
        else this.#early.push(message)
    }
  }

  async stop(): Promise<void> {
    workerIsDone(this)
    this.#stopping = true
    this.#nextPart?.()
    await this.#session?.stop()
    await this.#work
    await this.#session?.stop()
  }

  async #run(message: RunRequest): Promise<void> {
    const { pool, options } = this.#host
    await pool.open(options)
    const parts = this.#partsOf(message.context.files)
    if (parts.length === 0) return this.#respond('testfileFinished')
    for (const [index, part] of parts.entries()) {
      if (this.#stopping) return
      const finished = index < parts.length - 1 ? new Promise<void>((resolve) => (this.#nextPart = resolve)) : undefined
      const paths = part.files.map(({ filepath }) => filepath)
      const session = await this.#sessionFor(part.settings, paths)
      if (this.#stopping) return
      await session.run({ ...message, context: { ...message.context, files: part.files } }, paths)
      await finished
    }
  }

  /** Neighbours that can share a sandbox do. */
  #partsOf(files: Files): Part[] {
    const { pool } = this.#host
    const parts: Part[] = []
    for (const file of files) {
      const settings = this.#settingsOf(file.filepath, files.length === 1)
      if (!settings) continue
      const last = parts.at(-1)
      if (last && pool.sandboxKey(last.settings) === pool.sandboxKey(settings)) last.files.push(file)
      else parts.push({ settings, files: [file] })
    }
    return parts
  }

  /** One file's mistake does not keep the others of its request from running. @throws NsboxError where it is alone */
  #settingsOf(file: string, isAlone: boolean): FileSettings | undefined {
    const { pool, options } = this.#host
    try {
      return pool.settingsOf(file, options)
    } catch (error) {
      if (isAlone) throw error
      options.project.vitest.state.catchError(error, 'Unhandled Error')
      return undefined
    }
  }

  async #sessionFor(settings: FileSettings, files: readonly string[]): Promise<Session> {
    if (this.#session?.key === this.#host.pool.sandboxKey(settings)) return this.#session
    await this.#session?.retire()
    this.#session = undefined
    const starting = this.#startSession(settings, files)
    const { options } = this.#host
    if (isInspected(options)) return starting
    return startedInTime(starting, `${fileNames(files, options).join(', ')}: the worker`, {
      stage: 'payload',
      hint: "The environment's setup is what usually takes long. NODE_DEBUG=nsbox:launch,nsbox:zygote shows how far it got.",
    })
  }

  async #startSession(settings: FileSettings, files: readonly string[]): Promise<Session> {
    const start = this.#start as StartMessage
    const session = await Session.launch(this.#host, start, settings, files)
    this.#session = session
    if (this.#stopping) await session.stop()
    const started = session.start(start, files)
    for (const message of this.#early.splice(0)) session.post(message)
    await started
    return session
  }

  #leave(message: WorkerRequest): void {
    // One that has failed answers nothing.
    if (!this.#session || this.#stopping) return this.#respond('stopped', this.#late)
    this.#leaving = true
    this.#session.leave()
    this.#session.post(message)
  }

  #deliver(vitest: unknown): void {
    const nextPart = this.#nextPart
    if (nextPart && (vitest as { type?: string }).type === 'testfileFinished') {
      this.#nextPart = undefined
      return nextPart()
    }
    this.#emit(vitest)
  }

  #emit(message: unknown): void {
    if ((message as { type?: string }).type === 'testfileFinished') workerIsDone(this)
    this.#events.emit('message', message)
  }

  #fail(error: unknown): void {
    if (this.#stopping) return
    workerIsDone(this)
    this.#stopping = true
    this.#nextPart?.()
    // Whoever waits for the answer to `stop` no longer listens for errors: it takes them with the answer.
    if (this.#leaving) this.#respond('stopped', error)
    else if (this.#events.listenerCount('error') > 0) this.#events.emit('error', error)
    else this.#late = error
  }

  #respond(type: 'started' | 'testfileFinished' | 'stopped', error?: unknown): void {
    this.#emit({ __vitest_worker_response__: true, type, ...(error !== undefined && { error }) })
  }
}
