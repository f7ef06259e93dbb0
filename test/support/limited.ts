// Sandboxes whose own init holds their limits.

import type { InitControl } from '../../src/launch/init-control.ts'
import { type AnySandbox, type Sandbox, sockets } from '../../src/launch/sandbox.ts'
import type { EmulatedLimits } from '../../src/plan/limits.ts'
import type { SandboxPlan } from '../../src/plan/plan.ts'
import type { EmulatedUsage } from '../../src/wire/protocol.ts'
import type { Bench, Outcome, RunOptions } from './sandbox.ts'

export const isRoot: boolean = process.getuid?.() === 0

/** Microseconds of CPU time by which a task reads as stopped before it has left its processor (do_signal_stop in kernel/signal.c). */
export const leaving: number = 5000

/** How it ended, with what init counted and the milliseconds that it took. */
export interface LimitedOutcome extends Outcome {
  emulated: EmulatedUsage
  wallMs: number
}

export function planWith(bench: Bench, emulated: EmulatedLimits, { change }: RunOptions = {}): SandboxPlan {
  return { ...bench.plans.next(change).plan, emulated }
}

export async function runLimited(bench: Bench, emulated: EmulatedLimits, argv: string[], options?: RunOptions): Promise<LimitedOutcome> {
  const started = performance.now()
  const outcome = await bench.exec(argv, { plan: planWith(bench, emulated, options) })
  if (!outcome.emulated) throw new Error(`The sandbox did not come to its end: ${JSON.stringify(outcome)}`)
  return { ...outcome, emulated: outcome.emulated, wallMs: performance.now() - started }
}

/** A sandbox that takes orders. */
export function startControlled(bench: Bench, argv: string[], plan?: SandboxPlan): Sandbox & { control: InitControl } {
  const sandbox: AnySandbox = bench.zygote.launch(
    plan ?? bench.plans.next().plan,
    { kind: 'exec', file: argv[0] as string, argv, env: bench.env },
    { ...sockets, control: true },
  )
  return sandbox as Sandbox & { control: InitControl }
}
