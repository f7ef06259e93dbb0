// Programs in sandboxes that a zygote forks: streams, limits, and the report at the end.

import type { Socket } from 'node:net'
import { PassThrough } from 'node:stream'
import { type ResolvedExecOptions, requireSignal } from '../config/library-options.ts'
import type { LimitChanges } from '../config/limit-options.ts'
import { errorToData, NsboxError } from '../errors.ts'
import { definedOnly } from '../launch/environment.ts'
import { type Limited, prepare } from '../launch/limited.ts'
import type { Plans } from '../launch/plans.ts'
import { Ports } from '../launch/ports.ts'
import type { AnySandbox, Streams } from '../launch/sandbox.ts'
import type { SandboxLimits } from '../launch/sandbox-limits.ts'
import type { ZygoteProcess } from '../launch/zygote-process.ts'
import type { SandboxPlan } from '../plan/plan.ts'
import type { PortPair } from '../plan/reach.ts'
import { close } from '../sys/descriptor.ts'
import { apartEnvironment } from './apart.ts'
import { requireKeptApart } from './layers.ts'
import { limitsHere } from './limit-request.ts'
import { Output } from './output.ts'
import { payloadPid, signalPayload } from './payload-process.ts'
import { failureReport, type Report, reportOf } from './report.ts'
import { Running } from './running.ts'
import { type Outcome, supervise } from './supervise.ts'
import { type TargetBefore, targetsBefore, upperLayers } from './upper-layers.ts'
import { type LimitedUsage, limitedUsage } from './usage.ts'
import { withUpper } from './with-upper.ts'

/** Where a program is started, once that is known. */
export interface Place {
  plans: Plans
  zygote: ZygoteProcess
  limited: Limited
  upper: 'auto' | 'tmpfs' | 'disk'
}

export interface ProgramRequest {
  command: string[]
  /** When nothing else is given. */
  env: NodeJS.ProcessEnv
  options: ResolvedExecOptions
  /** Called once the program has ended and its changes have been read. */
  release?: () => Promise<void>
}

export function startProgram(place: Promise<Place>, request: ProgramRequest): Running {
  const program = new Program(request)
  return new Running(program.run(place), program, program.streams)
}

class Program {
  readonly streams: Pick<Running, 'stdin' | 'stdout' | 'stderr'>
  readonly #request: ProgramRequest
  readonly #stdin: PassThrough | null
  readonly #stdout: Output | null
  readonly #stderr: Output | null
  #sandbox: AnySandbox | undefined
  #limits: SandboxLimits | undefined
  /** Limits of the attempt before: what callers changed there holds in the next one. */
  #limitsBefore: SandboxLimits | undefined
  #isOver = false
  /** Asked for before there was a program. */
  #killed: AbortController = new AbortController()

  constructor(request: ProgramRequest) {
    this.#request = request
    const { stdin, stdout, stderr, maxOutput } = request.options
    this.#stdin = stdin === 'pipe' ? new PassThrough() : null
    this.#stdout = stdout === 'pipe' ? new Output(maxOutput) : null
    this.#stderr = stderr === 'pipe' ? new Output(maxOutput) : null
    this.streams = { stdin: this.#stdin, stdout: this.#stdout?.stream ?? null, stderr: this.#stderr?.stream ?? null }
  }

  pid(): number | undefined {
    return this.#sandbox?.pid === undefined ? undefined : payloadPid(this.#sandbox.pid)
  }

  kill(signal: NodeJS.Signals): boolean {
    requireSignal(signal)
    const init = this.#sandbox?.pid
    if (init === undefined) this.#killed.abort()
    else if (signal === 'SIGKILL') this.#killAll()
    else return signalPayload(init, signal)
    return init !== undefined
  }

  /** A first attempt may be over before it hears of it, and then the next one is meant. */
  #killAll(): void {
    this.#isOver = true
    this.#limits?.kill()
    this.#sandbox?.kill()
  }

  /** @throws NsboxError ERR_NSBOX_CONFIG, and those of limits that cannot be had */
  async setLimits(changes: LimitChanges): Promise<void> {
    const { limitChanges } = await import('../config/limit-schema.ts')
    await this.#running().set(limitsHere(limitChanges(changes, 'setLimits()'), process.cwd()))
  }

  async freeze(): Promise<void> {
    await this.#running().freeze()
  }

  async thaw(): Promise<void> {
    await this.#running().thaw()
  }

  async usage(): Promise<LimitedUsage> {
    return limitedUsage(await this.#running().usage())
  }

  exposed(): readonly PortPair[] {
    return this.#sandbox?.ports?.exposed ?? []
  }

  #running(): SandboxLimits {
    if (this.#limits) return this.#limits
    throw new NsboxError('The program does not run', { code: 'ERR_NSBOX_ENDED', stage: 'launch' })
  }

  async run(place: Promise<Place>): Promise<Report> {
    const { command, options, release } = this.#request
    const startedMs = Date.now()
    let scratch: number | undefined
    try {
      const { plans, zygote, limited, upper } = await place
      const keep = options.keep === undefined ? undefined : requireKeptApart(options.keep, plans.overlays)
      const ended = await withUpper(plans, upper, () => this.#attempt(plans, zygote, limited))
      scratch = ended.scratch
      const report = this.#withOutput(reportOf(command, ended.plan, ended.outcome, startedMs))
      const changed = scratch === undefined ? report : await withChanges(report, ended, scratch, keep)
      await ended.release()
      return changed
    } catch (error) {
      if (!NsboxError.is(error) || error.code === 'ERR_NSBOX_CONFIG') throw error
      return this.#withOutput(failureReport(command, error, startedMs))
    } finally {
      if (scratch !== undefined) close(scratch)
      for (const output of [this.#stdout, this.#stderr]) output?.stream.end()
      // Whoever still writes is told that nobody reads.
      this.#stdin?.destroy()
      await release?.()
    }
  }

  async #attempt(plans: Plans, zygote: ZygoteProcess, limited: Limited): Promise<Attempt> {
    const { command, env, options } = this.#request
    await zygote.prepared
    const { plan, limits, release } = prepare(plans, limited, zygote.pid, {
      apart: this.#wantsChanges,
      ...(options.cwd !== undefined && { cwd: options.cwd }),
    })
    const before = targetsBefore(plan, options.keep !== undefined)
    try {
      const ports = Ports.of(plan)
      ports?.expose()
      const sandbox = zygote.launch(
        plan,
        {
          kind: 'exec',
          file: command[0] as string,
          argv: command,
          env: definedOnly({ ...(options.env ?? env), ...(this.#wantsChanges && apartEnvironment) }),
        },
        { ...this.#kinds(), cgroup: limits.cgroup, ports },
      )
      this.#sandbox = sandbox
      this.#limits = limits
      limits.attach(sandbox.control)
      const continued = this.#limitsBefore ? limits.continueFrom(this.#limitsBefore) : undefined
      continued?.catch(() => sandbox.kill())
      this.#limitsBefore = limits
      if (this.#isOver) this.#killAll()
      this.#connect(sandbox)
      const signal = options.signal ? AbortSignal.any([options.signal, this.#killed.signal]) : this.#killed.signal
      const outcome = await supervise(sandbox, limits, { ...options, signal })
      await continued
      return { plan, before, outcome, scratch: sandbox.takeScratch(), release }
    } catch (error) {
      // Nothing runs on without its timeout.
      this.#sandbox?.kill()
      await this.#sandbox?.ended
      await release()
      throw error
    } finally {
      this.#sandbox = this.#limits = undefined
    }
  }

  get #wantsChanges(): boolean {
    const { changes, keep } = this.#request.options
    return changes || keep !== undefined
  }

  #kinds(): Streams {
    const { stdin, stdout, stderr } = this.#request.options
    const output = (kind: 'ignore' | 'inherit' | 'pipe', own: number) => (kind === 'inherit' ? own : kind)
    return {
      stdin: stdin === 'inherit' ? 0 : stdin === 'ignore' ? 'ignore' : 'pipe',
      stdout: output(stdout, 1),
      stderr: output(stderr, 2),
      channel: false,
      scratch: this.#wantsChanges,
      control: true,
    }
  }

  #connect(sandbox: AnySandbox): void {
    const { stdin } = this.#request.options
    if (this.#stdin && sandbox.stdin) fill(sandbox.stdin, this.#stdin)
    else if (typeof stdin === 'object') sandbox.stdin?.end(stdin instanceof Uint8Array ? stdin : stdin.text)
    if (this.#stdout && sandbox.stdout) drain(sandbox.stdout, this.#stdout.stream)
    if (this.#stderr && sandbox.stderr) drain(sandbox.stderr, this.#stderr.stream)
  }

  #withOutput(report: Report): Report {
    const [stdout, stderr] = [this.#stdout, this.#stderr]
    const truncated = (stdout?.truncated ?? false) || (stderr?.truncated ?? false)
    return { ...report, stdout: stdout?.text ?? null, stderr: stderr?.text ?? null, truncated }
  }
}

/** `given` is the caller's. Once it is destroyed there is no more to read. */
function fill(pipe: Socket, given: PassThrough): void {
  given.pipe(pipe)
  onceClosed(given, () => pipe.end())
}

/** `taken` is the caller's. Without it the pipe has no reader: writing to it is SIGPIPE, or EPIPE (pipe(7)). */
function drain(pipe: Socket, taken: PassThrough): void {
  pipe.pipe(taken, { end: false })
  onceClosed(taken, () => pipe.destroy())
}

/** It may have been destroyed before there was a program. */
function onceClosed(stream: PassThrough, act: () => void): void {
  if (stream.destroyed) act()
  else stream.once('close', act)
}

interface Attempt {
  plan: SandboxPlan
  before: TargetBefore[]
  outcome: Outcome
  scratch: number | undefined
  release: () => Promise<void>
}

/** `keep` is a real path. */
async function withChanges(report: Report, { plan, before }: Attempt, scratch: number, keep: string | undefined): Promise<Report> {
  const layers = upperLayers(plan, `/proc/self/fd/${scratch}`, before)
  const { changesOf } = await import('../changes/changes-of.ts')
  const { keepLayers, missingError } = await import('../changes/keep.ts')
  let changes: Report['changes'] = null
  const problems: unknown[] = []
  try {
    changes = layers.flatMap(changesOf)
  } catch (error) {
    problems.push(error)
  }
  try {
    const error = keep === undefined ? undefined : missingError(keepLayers(layers, keep, report).missing, keep)
    if (error) problems.push(error)
  } catch (error) {
    problems.push(error)
  }
  const [problem] = problems
  return { ...report, changes, ...(problem !== undefined && { cause: 'failure' as const, error: errorToData(problem) }) }
}
