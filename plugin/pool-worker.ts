// The host half of a pool worker: vitest's PoolWorker, with a sandbox behind it.

import { EventEmitter } from 'node:events'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { PoolWorker, PoolOptions as WorkerOptions, WorkerRequest } from 'vitest/node'
import type { Sandbox } from '../src/launch/sandbox.ts'
import { useStagedFiles } from './artifacts.ts'
import { endingError, oomKills } from './ending.ts'
import { HangWatch } from './hang-watch.ts'
import type { HostToWorker, StagedFile, StartMessage, WorkerToHost } from './messages.ts'
import { mirrorFile } from './places.ts'
import type { SandboxPool } from './pool.ts'
import { isProfiled } from './profiles.ts'

/** How long a profiled worker may take to write its profiles, in milliseconds. */
const profileGrace = 10_000
const stderrKept = 8192

export class NsboxPoolWorker implements PoolWorker {
  readonly name = 'nsbox'
  readonly #options: WorkerOptions
  readonly #pool: SandboxPool
  readonly #events = new EventEmitter()
  readonly #oomKillsBefore = oomKills()
  #launching: Promise<Sandbox | undefined> = Promise.resolve(undefined)
  #files: string[] = []
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
    if (message.type === 'start') this.#launching = this.#launch(message as unknown as StartMessage)
    if (message.type === 'run' || message.type === 'collect') {
      this.#files = message.context.files.map(({ filepath }) => filepath)
      this.#hang?.start()
    }
    void this.#launching.then((sandbox) => {
      if (message.type === 'stop') this.#leave(sandbox)
      this.#post(sandbox, { vitest: message })
    })
  }

  async stop(): Promise<void> {
    this.#stopping = true
    this.#hang?.stop()
    const sandbox = await this.#launching
    if (!sandbox) return
    if (isProfiled(this.#options.execArgv)) await this.#leaveOrdinarily(sandbox)
    sandbox.kill()
    await sandbox.ended
  }

  #leave(sandbox: Sandbox | undefined): void {
    if (!sandbox) return
    this.#leaving = true
    this.#pool.letFinish(sandbox)
  }

  async #launch(start: StartMessage): Promise<Sandbox | undefined> {
    try {
      const sandbox = await this.#pool.launch(this.#options, start)
      this.#connect(sandbox)
      return sandbox
    } catch (error) {
      this.#events.emit('error', error)
      return undefined
    }
  }

  #connect(sandbox: Sandbox): void {
    const { logger } = this.#options.project.vitest
    sandbox.stdout.on('data', (chunk) => logger.outputStream.write(chunk))
    sandbox.stderr.on('data', (chunk: Buffer) => {
      this.#stderr = (this.#stderr + chunk.toString()).slice(-stderrKept)
      logger.errorStream.write(chunk)
    })
    this.#hang = new HangWatch(this.#pool.options.hangTimeout, {
      ping: () => this.#post(sandbox, { nsbox: 'ping' }),
      hung: (error) => {
        this.#fail(error(this.#files))
        sandbox.kill()
      },
    })
    sandbox.channel.on((message) => this.#receive(sandbox, message as WorkerToHost))
    void sandbox.ended.then((end) => {
      this.#hang?.stop()
      const { root } = this.#options.project.config
      const oomKilled = oomKills() > this.#oomKillsBefore
      this.#fail(endingError(end, { root, files: this.#files, stderr: this.#stderr, oomKilled }))
    })
  }

  #fail(error: Error): void {
    if (this.#stopping) return
    this.#stopping = true
    // Whoever waits for the answer to `stop` no longer listens for errors: it takes them with the answer.
    if (this.#leaving) this.#events.emit('message', { __vitest_worker_response__: true, type: 'stopped', error })
    else this.#events.emit('error', error)
  }

  #receive(sandbox: Sandbox, message: WorkerToHost): void {
    this.#hang?.alive()
    if ('vitest' in message) void this.#deliver(message)
    else if (message.nsbox === 'mirror') this.#post(sandbox, { nsbox: 'mirrored', id: message.id, ...this.#mirror(message) })
  }

  async #deliver({ vitest, files }: { vitest: unknown; files?: StagedFile[] }): Promise<void> {
    if (files) {
      this.#staging ??= await this.#pool.stagingDirectory()
      const staging = this.#staging
      useStagedFiles(vitest, this.#options.project.config.root, files, (file) => stage(staging, file))
    }
    const { type } = vitest as { type?: string }
    if (type === 'testfileFinished') this.#hang?.stop()
    this.#events.emit('message', vitest)
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

function stage(directory: string, { path, content }: StagedFile): string {
  const staged = join(mkdtempSync(join(directory, 'attachment-')), basename(path))
  writeFileSync(staged, content)
  return staged
}
