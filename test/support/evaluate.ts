// Functions that are written in a test and run in a sandbox. They see only their parameters and globals.

import { fileURLToPath } from 'node:url'
import type { Channel } from '../../src/wire/channel.ts'
import { type Bench, collect, type Outcome, payloadFixture, type RunOptions } from './sandbox.ts'

/** What a function finds inside. */
export interface Inside {
  channel: Channel
  prepared: { data: unknown; uuid: string; random: number; pid: number }
  warmed: unknown
  load(module: string): Promise<never>
}

type Act<A extends unknown[], R> = (inside: Inside, ...args: A) => R | Promise<R>

/** In the preloaded fixture of a warm zygote, and in a fresh node from a cold one. */
export function evaluate<A extends unknown[], R>(bench: Bench, act: Act<A, R>, args: A, options?: RunOptions): Promise<Outcome> {
  const data = { source: act.toString(), args }
  if (bench.zygote.mode !== 'cold') return bench.preloaded(data, options)
  return collect(bench.start([process.execPath, fileURLToPath(payloadFixture('evaluate').url), JSON.stringify(data)], options))
}

/** The function's result. @throws when it did not come to its end */
export async function resultOf<A extends unknown[], R>(bench: Bench, act: Act<A, R>, ...args: A): Promise<Awaited<R>> {
  const outcome = await evaluate(bench, act, args)
  if (outcome.exitCode !== 0) throw new Error(`The sandbox ended otherwise: ${JSON.stringify(outcome)}`)
  return (outcome.stdout === '' ? undefined : JSON.parse(outcome.stdout)) as Awaited<R>
}
