// Follows a sandboxed program to its end: time limit, abort, and what came of it.

import type { ErrorData } from '../errors.ts'
import type { Ports } from '../launch/ports.ts'
import type { CapHit, LimitUsage, SandboxLimits } from '../launch/sandbox-limits.ts'
import type { HeldLimits } from '../plan/limit-plan.ts'
import type { PortPair } from '../plan/reach.ts'
import type { NotEnforced, SandboxEnd } from '../wire/protocol.ts'
import { signalPayload } from './payload-process.ts'
import type { Cause } from './report.ts'

/** What every launcher gives. */
export interface Supervised {
  readonly pid: number | undefined
  /** Settles once there is one; rejects when there will be none. */
  readonly forked: Promise<unknown>
  readonly ended: Promise<SandboxEnd>
  readonly ports: Ports | null
  kill(): void
}

export interface SuperviseOptions {
  /** Milliseconds until SIGTERM. */
  timeout?: number | undefined
  /** Milliseconds from there until SIGKILL of everything. */
  killAfter: number
  signal?: AbortSignal | undefined
  /** The signal that the caller killed the sandbox for before its program began. */
  killedBy?(): string | undefined
}

export interface Outcome {
  exitCode: number | null
  signal: string | null
  cause: Cause
  error: ErrorData | null
  notEnforced: NotEnforced[]
  usage: SandboxEnd['usage'] | undefined
  /** What was counted where limits were held, and how they were. */
  limitUsage: LimitUsage | undefined
  limits: HeldLimits
  unseen: string[]
  hit: CapHit | undefined
  exposed: readonly PortPair[]
  refused: number[]
  unrelayed: { port: number; errno: string }[]
}

export async function supervise(
  sandbox: Supervised,
  limits: SandboxLimits,
  { timeout, killAfter, signal, killedBy }: SuperviseOptions,
): Promise<Outcome> {
  let stopped: 'timeout' | 'abort' | undefined
  const timers: NodeJS.Timeout[] = []
  const kill = () => {
    limits.kill()
    sandbox.kill()
  }
  /** Asks the program to end. False when it is not there. */
  const ask = (): boolean => {
    if (sandbox.pid === undefined || !signalPayload(sandbox.pid, 'SIGTERM')) return false
    // A stopped program gets no signal but this one.
    signalPayload(sandbox.pid, 'SIGCONT')
    return true
  }
  const timeUp = () => {
    stopped ??= 'timeout'
    timers.push(setTimeout(kill, killAfter))
    if (ask()) return
    // On a busy machine the sandbox may still be set up: the program is asked as soon as it is there.
    const asking = setInterval(() => ask() && clearInterval(asking), 10)
    timers.push(asking)
  }
  // From here on it runs: time spent on starting a zygote is not its own.
  const begun = sandbox.forked.then(() => {
    if (timeout !== undefined) timers.push(setTimeout(timeUp, timeout))
  })
  begun.catch(() => undefined)
  const abort = () => {
    stopped ??= 'abort'
    if (ask()) timers.push(setTimeout(kill, killAfter))
    else kill()
  }
  if (signal?.aborted) abort()
  signal?.addEventListener('abort', abort, { once: true })
  const end = await sandbox.ended
  for (const timer of timers) clearTimeout(timer)
  signal?.removeEventListener('abort', abort)
  const { usage: limitUsage, hit } = limits.accountsOf(end)
  return {
    ...outcome(end, stopped, hit, killedBy?.() ?? (limits.wasKilled ? 'SIGKILL' : undefined)),
    notEnforced: [...limits.notEnforced, ...end.notEnforced],
    usage: end.usage,
    limitUsage,
    limits: without(limits.held, end.notEnforced),
    unseen: end.unseen ?? [],
    hit,
    exposed: sandbox.ports?.exposed ?? [],
    refused: [...(sandbox.ports?.refused ?? [])],
    unrelayed: [...(sandbox.ports?.unrelayed ?? [])].map(([port, errno]) => ({ port, errno })),
  }
}

/** Init may have found one that it cannot hold. */
function without(held: HeldLimits, notEnforced: readonly NotEnforced[]): HeldLimits {
  const missing = notEnforced.map(({ protection }) => protection)
  return Object.fromEntries(Object.entries(held).filter(([limit]) => !missing.includes(limit)))
}

type How = Pick<Outcome, 'exitCode' | 'signal' | 'cause' | 'error'>

/** A program that ends well although it was told to stop has ended well. */
function outcome(
  { exitCode, signal, error }: SandboxEnd,
  stopped: 'timeout' | 'abort' | undefined,
  hit: CapHit | undefined,
  killedBy: string | undefined,
): How {
  // An attempt that would be repeated with another upper layer, and was asked to end, has ended: its program must not run later.
  const killed = ['ERR_NSBOX_INIT_KILLED', 'ERR_NSBOX_ZYGOTE', 'ERR_NSBOX_UPPER_XATTR'].includes(error?.code ?? '')
  if (hit && (killed || signal === 'SIGKILL')) return { exitCode: null, signal: 'SIGKILL', cause: 'limit', error: null }
  if (stopped && (killed || !error)) return { exitCode, signal: killed ? 'SIGKILL' : signal, cause: stopped, error: null }
  // Its ids cannot be mapped any more then.
  if ((killed || error?.code === 'ERR_NSBOX_ID_MAP') && killedBy !== undefined)
    return { exitCode: null, signal: killedBy, cause: 'signal', error: null }
  if (error) return { exitCode, signal, cause: error.code === 'ERR_NSBOX_EXEC' ? 'not-started' : 'failure', error }
  return { exitCode, signal, cause: signal === null ? 'exit' : 'signal', error: null }
}
