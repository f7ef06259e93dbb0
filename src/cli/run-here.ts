// One command in a sandbox forked from this process, with its streams and its terminal.

import type { UpperLayer } from '../changes/changed.ts'
import type { RunFlags } from '../config/run-flags.ts'
import { errorFromData, errorToData } from '../errors.ts'
import { explainSealFailure } from '../host/explain.ts'
import { DirectSandbox } from '../launch/direct.ts'
import { type Prepared, prepare } from '../launch/limited.ts'
import { needsNewuidmap } from '../plan/id-maps.ts'
import { hasPorts } from '../plan/port-steps.ts'
import { apartEnvironment } from '../run/apart.ts'
import { signalPayload } from '../run/payload-process.ts'
import { type Report, reportOf } from '../run/report.ts'
import { type Outcome, supervise } from '../run/supervise.ts'
import { targetsBefore, upperLayers } from '../run/upper-layers.ts'
import { withUpper } from '../run/with-upper.ts'
import { close } from '../sys/descriptor.ts'
import { wantsChanges } from './afterwards.ts'
import { boundFiles, unreplaced } from './bound-files.ts'
import { environmentAfter } from './environment.ts'
import { HeldSignals } from './held-signals.ts'
import { JobControl } from './job-control.ts'
import { limitedHere } from './limited-here.ts'
import { namedDescriptors } from './named-descriptors.ts'
import { Orders } from './orders.ts'
import { plansHere } from './request-here.ts'
import { callersEnvironment } from './restart.ts'
import type { StatusLines } from './status.ts'
import { terminalName } from './terminal-name.ts'

export interface EndedRun {
  report: Report
  /** What the overlays keep, where somebody wants to know. */
  layers: UpperLayer[]
  /** Directories that were overlaid, besides HOME. */
  overlays: readonly string[]
  /** Bound files that the command seems to have failed to replace. */
  unreplaced: string[]
  /** Those from its end on. */
  signals: HeldSignals
  /** Lets go of it. */
  release(): Promise<void>
}

export async function runHere(flags: RunFlags, status: StatusLines): Promise<EndedRun> {
  const { sandbox: options, command } = flags
  const startedMs = Date.now()
  const apart = wantsChanges(flags.changes)
  const env = environmentAfter(flags.environment, { ...callersEnvironment(), ...(apart && apartEnvironment) })
  const plans = await plansHere(flags, terminalName())
  const limited = await limitedHere(flags)
  const { controlFd } = flags.output
  const orders = controlFd === undefined ? undefined : new Orders(controlFd, status)
  const forwarded = new ForwardedSignals()
  const attempt = async () => {
    const prepared = prepare(plans, limited, process.pid, { apart })
    const before = targetsBefore(prepared.plan, flags.changes.apply || flags.changes.keep !== undefined)
    return { ...prepared, before, ...(await attemptHere(prepared, env, flags, status, orders, forwarded)) }
  }
  const { plan, outcome, scratch, before, ...ended } = await withUpper(plans, options.upper, attempt).catch((error) => {
    forwarded.stop()
    throw error
  })
  const signals = forwarded.hold(outcome)
  const report = reportOf(command, plan, outcome, startedMs)
  const release = async () => {
    await ended.release()
    await limited?.source.close()
    if (scratch !== undefined) close(scratch)
    plans.close()
  }
  const layers = scratch === undefined ? [] : upperLayers(plan, `/proc/self/fd/${scratch}`, before)
  const failed = report.cause === 'exit' && report.exitCode !== 0
  return {
    report,
    layers: apart ? layers : [],
    overlays: plans.overlays,
    unreplaced: failed ? unreplaced(boundFiles(plan), layers, startedMs) : [],
    signals,
    release,
  }
}

async function attemptHere(
  { plan, limits, release }: Prepared,
  env: Record<string, string>,
  { command, program, changes }: RunFlags,
  status: StatusLines,
  orders: Orders | undefined,
  signals: ForwardedSignals,
): Promise<{ outcome: Outcome; scratch: number | undefined }> {
  let sandbox: DirectSandbox | undefined
  const job = JobControl.start(() => sandbox?.pid)
  try {
    const mapper = needsNewuidmap(plan) ? (await import('../launch/id-mapper.ts')).IdMapper.for(plan) : undefined
    const ports = hasPorts(plan) ? (await import('../launch/ports.ts')).Ports.of(plan) : undefined
    const exposed = ports?.expose() ?? []
    for (const { listen, to } of ports?.chosen ?? []) console.error(`nsbox: port ${listen} of localhost leads to ${to} inside`)
    sandbox = DirectSandbox.launch(
      plan,
      { file: command[0] as string, argv: command, env },
      {
        scratch: wantsChanges(changes) || boundFiles(plan).length > 0,
        job: job !== undefined,
        mapper,
        onStop: (signal) => job?.stopped(signal),
        cgroup: limits.cgroup,
        control: orders !== undefined || plan.emulated !== undefined,
        passed: namedDescriptors(command),
        ports,
      },
    )
    const started = sandbox
    signals.attach(started)
    limits.attach(started.control)
    status.post({ type: 'started', pid: started.pid, limits: limits.held, ...(exposed.length > 0 && { exposed }) })
    const followed = orders?.follow({ limits, kill: () => started.kill() })
    followed?.catch(() => started.kill())
    const outcome = await supervise(started, limits, { ...program, killedBy: () => signals.killedBy })
    await followed
    job?.end(outcome.cause !== 'exit')
    return { outcome, scratch: sandbox.takeScratch() }
  } catch (error) {
    // Nothing runs on without its timeout.
    sandbox?.kill()
    await sandbox?.ended
    job?.end(true)
    await release()
    throw explainSealFailure(errorFromData(errorToData(error)))
  } finally {
    signals.detach()
  }
}

const forwarded: NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2', 'SIGWINCH']

/** What this process is told, the command is told. */
class ForwardedSignals {
  #sandbox: DirectSandbox | undefined
  #killedBy: NodeJS.Signals | undefined

  constructor() {
    for (const signal of forwarded) process.on(signal, this.#forward)
  }

  /** The first one that found no command to take it. */
  get killedBy(): NodeJS.Signals | undefined {
    return this.#killedBy
  }

  attach(sandbox: DirectSandbox): void {
    this.#sandbox = sandbox
    if (this.#killedBy !== undefined) sandbox.kill()
  }

  detach(): void {
    this.#sandbox = undefined
  }

  readonly #forward = (signal: NodeJS.Signals): void => {
    if ((this.#sandbox && signalPayload(this.#sandbox.pid, signal)) || signal === 'SIGWINCH') return
    // A command that has not begun cannot handle it.
    this.#killedBy ??= signal
    this.#sandbox?.kill()
  }

  /** From here on they are held, without a moment in which one would end this process. One that came too late for the command is the first. */
  hold({ signal }: Outcome): HeldSignals {
    const held = new HeldSignals()
    if (this.#killedBy !== undefined && this.#killedBy !== signal) held.note(this.#killedBy)
    this.stop()
    return held
  }

  stop(): void {
    for (const signal of forwarded) process.off(signal, this.#forward)
  }
}
