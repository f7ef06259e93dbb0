// Inside: knobs that are turned in the worker's own process, before its file.

import { accessSync, readdirSync, readFileSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { timeZoneName } from '../src/config/time-zones.ts'
import { NsboxError } from '../src/errors.ts'
import { seededRandom } from '../src/random.ts'
import type { KnobName, Knobs, MissingKnob } from '../src/stress/knobs.ts'
import { setSchedulingPolicy } from '../src/sys/scheduling.ts'
import { clockPreloadUrl } from './entry.ts'
import { shiftClock } from './shifted-clock.ts'

let seed: number | undefined

/** Answers those that could not be turned. What else an attempt has is turned from outside. */
export async function turnInside({ uv, clock, tz, ...others }: Knobs): Promise<MissingKnob[]> {
  // node takes note of it at once, and programs that tests start inherit it.
  if (tz !== undefined) process.env['TZ'] = timeZoneName(tz)
  const turns: [KnobName, (() => void | Promise<void>) | undefined][] = [
    ['uv', uv === undefined ? undefined : () => starvePool(uv)],
    ['clock', clock === undefined ? undefined : () => setClock(clock)],
  ]
  const missing: MissingKnob[] = []
  for (const [knob, turn] of turns) {
    try {
      await turn?.()
    } catch (error) {
      missing.push({ knob, why: (error as Error).message })
    }
  }
  seed = others.seed
  return missing
}

/**
 * Right before a file is loaded: each draws the same numbers for the same seed. What node draws itself is another matter, such as
 * crypto and UUIDs, and so is what vitest has kept of Math.random().
 */
export function turnForFile(): void {
  if (seed !== undefined) Math.random = seededRandom(seed, 'Math.random')
}

/**
 * With so many threads in libuv's pool, which run when nothing else wants their processor (sched(7), SCHED_IDLE). Programs that tests
 * start have as many, and ordinary ones.
 */
async function starvePool(threads: number): Promise<void> {
  // libuv reads it when the pool starts; a fork begins without one.
  process.env['UV_THREADPOOL_SIZE'] = String(threads)
  await stat('/')
  const pool = poolThreads()
  if (pool.length !== threads) {
    throw new NsboxError(`libuv's pool has ${pool.length} threads, and ${threads} were asked for`, {
      code: 'ERR_NSBOX_NOT_IN_FORCE',
      stage: 'payload',
    })
  }
  for (const tid of pool) setSchedulingPolicy('SCHED_IDLE', tid)
}

function poolThreads(): number[] {
  const tids = readdirSync('/proc/self/task').map(Number)
  return tids.filter((tid) => readFileSync(`/proc/self/task/${tid}/comm`, 'utf8') === 'libuv-worker\n')
}

/** By an offset, or to a local time: the time zone is set by then. */
function setClock(clock: number | string): void {
  const ms = typeof clock === 'string' ? Date.parse(clock) - Date.now() : clock
  shiftClock(ms)
  accessSync(fileURLToPath(clockPreloadUrl))
  const { NODE_OPTIONS: before = '' } = process.env
  process.env['NODE_OPTIONS'] = `${before} --import=${clockPreloadUrl}?ms=${ms}`.trimStart()
}
