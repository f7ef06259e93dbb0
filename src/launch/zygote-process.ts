// One zygote as the host sees it: starts it, asks it to fork, hears how its children end.

import { type ChildProcess, spawn } from 'node:child_process'
import { Socket } from 'node:net'
import { debug } from '../debug.ts'
import { errorFromData, errorToData, NsboxError } from '../errors.ts'
import { needsNewuidmap } from '../plan/id-maps.ts'
import type { SandboxPlan } from '../plan/plan.ts'
import { close, withoutInheritedDescriptors } from '../sys/descriptor.ts'
import { sendWithDescriptors, socketpair } from '../sys/socket.ts'
import { encodeFrame, FrameReader } from '../wire/frame.ts'
import type { DescriptorName, HostToZygote, Payload, Preload, ZygoteToHost } from '../wire/protocol.ts'
import { type ZygoteMode, zygoteStart } from '../zygote/v8-flags.ts'
import { Child } from './child.ts'
import { zygoteEntry } from './entry.ts'
import { IdMapper } from './id-mapper.ts'
import type { LimitSource } from './limit-source.ts'
import type { Limited } from './limited.ts'
import { type AnySandbox, type Sandbox, type Streams, sockets } from './sandbox.ts'
import { settledWithin } from './settled.ts'

const log = debug('launch')

/** A zygote may be in code of the user's that does not return to its event loop, in milliseconds. */
const closeGrace = 5000

export interface ZygoteOptions {
  mode: ZygoteMode
  /** Environment of the zygote and so of every preloaded payload. */
  env: NodeJS.ProcessEnv
  /** The user's node flags. */
  execArgv: readonly string[]
  /** The module to import before the first fork. */
  preload: Preload | null
  /** Where its sandboxes are to be limited. */
  limits?: LimitSource | undefined
}

export class ZygoteProcess {
  readonly mode: ZygoteMode
  readonly #process: ChildProcess
  readonly #controlFd: number
  readonly #control: Socket
  readonly #execArgv: readonly string[]
  readonly #sandboxes = new Map<number, Child>()
  readonly #prepared = Promise.withResolvers<void>()
  readonly #gone = Promise.withResolvers<void>()
  #warmed = Promise.withResolvers<void>()
  /** Answers to `prepare` and `warm` that have not come yet. */
  #owed = 0
  #closing = false
  #nextId = 1
  #ended: NsboxError | undefined
  #stderr = ''

  constructor(options: ZygoteOptions) {
    this.mode = options.mode
    this.#execArgv = options.execArgv
    const [ours, theirs] = socketpair()
    this.#controlFd = ours
    this.#control = new Socket({ fd: ours, readable: true, writable: true })
    // The stdio of children is swapped for their own after the fork, so it has to be of the same
    // kind: node makes sockets of 'pipe'. A session of its own: Ctrl+C is for the host to handle.
    const { flags, env } = zygoteStart(options.mode, options.env)
    const command = [process.execPath, ...options.execArgv, ...flags, zygoteEntry, options.mode, String(process.pid)]
    const started = options.limits?.starting(command, env) ?? { words: command, env }
    const [file = '', ...words] = started.words
    this.#process = withoutInheritedDescriptors(() =>
      spawn(file, words, { env: started.env, stdio: ['ignore', 'pipe', 'pipe', theirs], detached: true }),
    )
    close(theirs)
    log('zygote %d: %s', this.#process.pid, this.#process.spawnargs.join(' '))
    this.#listen()
    this.#prepared.promise.catch(() => undefined)
    this.#owe(1)
    this.#post({ type: 'prepare', preload: options.preload })
  }

  /** Settles once the preloaded module is imported. @throws NsboxError */
  get prepared(): Promise<void> {
    return this.#prepared.promise
  }

  /** Once it is prepared. */
  get pid(): number {
    return this.#process.pid as number
  }

  get alive(): boolean {
    return this.#ended === undefined
  }

  /** Runs the preloaded module's `warm` in the zygote. @throws what it throws, as NsboxError */
  warm(data: unknown): Promise<void> {
    this.#warmed = Promise.withResolvers()
    this.#owe(1)
    this.#post({ type: 'warm', data })
    if (this.#ended) this.#warmed.reject(this.#ended)
    return this.#warmed.promise
  }

  launch(plan: SandboxPlan, payload: ForkPayload): Sandbox
  launch(plan: SandboxPlan, payload: ForkPayload, streams: Streams): AnySandbox
  launch(plan: SandboxPlan, payload: ForkPayload, streams: Streams = sockets): AnySandbox {
    const id = this.#nextId++
    const full: Payload = payload.kind === 'preloaded' ? { ...payload, execArgv: [...this.#execArgv] } : payload
    const child = new Child(streams, plan, () => this.#post({ type: 'kill', id }))
    void this.#mapIds(id, plan, child)
    this.#sandboxes.set(id, child)
    this.#holdLoop()
    try {
      child.ends.give((theirs) => {
        const descriptors = Object.keys(theirs) as DescriptorName[]
        this.#post({ type: 'fork', id, plan, payload: full, descriptors }, Object.values(theirs))
      })
    } catch (error) {
      // Data that cannot be cloned: nothing was sent.
      this.#sandboxes.delete(id)
      this.#holdLoop()
      child.end({ exitCode: null, signal: null, error: errorToData(error), notEnforced: [] })
      throw error
    }
    if (this.#ended) this.#endAll(this.#ended)
    return child
  }

  /** What the zygote may not do: it has no_new_privs, and newuidmap(1) is a setuid program. */
  async #mapIds(id: number, plan: SandboxPlan, child: Child): Promise<void> {
    if (!needsNewuidmap(plan)) return
    try {
      const pid = await child.forked
      await IdMapper.for(plan)?.map(pid)
      this.#post({ type: 'mapped', id })
    } catch (error) {
      child.fail(errorToData(error))
      child.kill()
    }
  }

  /** Ends the zygote and with it every sandbox it forked. */
  async close(): Promise<void> {
    this.#closing = true
    this.#holdLoop()
    for (const child of this.#sandboxes.values()) child.kill()
    await Promise.all([...this.#sandboxes.values()].map((child) => child.ended))
    this.#control.destroy()
    await settledWithin([this.#gone.promise], closeGrace)
    this.#process.kill('SIGKILL')
    await this.#gone.promise
  }

  #post(message: HostToZygote, fds: number[] = []): void {
    const frame = encodeFrame(message)
    if (this.#ended || this.#control.destroyed) return
    try {
      sendWithDescriptors(this.#controlFd, frame, fds)
    } catch (error) {
      // EPIPE: the zygote is gone, and its exit says why.
      log('zygote %d: %s', this.#process.pid, error)
    }
  }

  #listen(): void {
    const reader = new FrameReader()
    this.#control.on('error', () => undefined)
    this.#control.on('data', (chunk) => {
      reader.push(chunk)
      for (let frame = reader.next(); frame; frame = reader.next()) this.#handle(frame.message as ZygoteToHost)
    })
    this.#process.stdout?.resume()
    this.#process.stderr?.on('data', (chunk: Buffer) => {
      this.#stderr = (this.#stderr + chunk.toString()).slice(-4096)
    })
    this.#process.on('error', (error) => this.#end(error.message))
    this.#process.on('close', (code, signal) => this.#end(signal ?? `exit code ${code}`))
  }

  /** A zygote that waits must not keep the host's event loop alive; one that owes an answer does. */
  #holdLoop(): void {
    const busy = this.#closing || this.#owed > 0 || this.#sandboxes.size > 0
    // The process and its output too: the end of one that was killed is told after its sockets close.
    const { stdout, stderr } = this.#process
    for (const handle of [this.#control, this.#process, stdout as Socket | null, stderr as Socket | null]) {
      if (busy) handle?.ref()
      else handle?.unref()
    }
  }

  #owe(change: 1 | -1): void {
    this.#owed += change
    this.#holdLoop()
  }

  #handle(message: ZygoteToHost): void {
    switch (message.type) {
      case 'prepared':
        this.#owe(-1)
        return message.error ? this.#prepared.reject(errorFromData(message.error)) : this.#prepared.resolve()
      case 'warmed':
        this.#owe(-1)
        return message.error ? this.#warmed.reject(errorFromData(message.error)) : this.#warmed.resolve()
      case 'forked': {
        const child = this.#sandboxes.get(message.id)
        child?.begin(message.pid)
        return
      }
      case 'ended':
        this.#sandboxes.get(message.id)?.end(message.end)
        this.#sandboxes.delete(message.id)
        this.#holdLoop()
    }
  }

  #end(how: string): void {
    if (this.#ended) return
    this.#ended = new NsboxError(`The zygote ended: ${how}${this.#stderr ? `\n${this.#stderr.trimEnd()}` : ''}`, {
      code: 'ERR_NSBOX_ZYGOTE',
      stage: 'zygote',
    })
    this.#control.destroy()
    this.#prepared.reject(this.#ended)
    this.#warmed.promise.catch(() => undefined)
    this.#warmed.reject(this.#ended)
    this.#endAll(this.#ended)
    this.#gone.resolve()
  }

  /** PR_SET_PDEATHSIG has killed them with the zygote. */
  #endAll(error: NsboxError): void {
    for (const child of this.#sandboxes.values())
      child.end({ exitCode: null, signal: 'SIGKILL', error: errorToData(error), notEnforced: [] })
    this.#sandboxes.clear()
  }
}

/** One that starts programs and imports nothing: what NODE_OPTIONS asks for is for them. */
export function coldZygote(limited: Limited = null): ZygoteProcess {
  return new ZygoteProcess({
    mode: 'cold',
    env: { ...process.env, NODE_OPTIONS: plugAndPlay(process.env['NODE_OPTIONS']) },
    execArgv: [],
    preload: null,
    limits: limited?.source,
  })
}

/** Of NODE_OPTIONS, what nsbox itself needs to find its packages where Yarn's Plug'n'Play has them. */
function plugAndPlay(nodeOptions = ''): string {
  return /--require\s+("[^"]*\.pnp\.cjs"|\S*\.pnp\.cjs)/.exec(nodeOptions)?.[0] ?? ''
}

/** A payload as its launcher states it: the zygote's own flags are added on the way. */
export type ForkPayload = Exclude<Payload, { kind: 'preloaded' }> | { kind: 'preloaded'; data: unknown }
