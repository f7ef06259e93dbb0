// Limits that a sandbox's own init holds.

import { readFileSync } from 'node:fs'
import type { Limits } from '../../src/plan/limits.ts'
import { Bench, collect } from '../support/sandbox.ts'
import type { Measured, Mechanism } from './limits-mechanism.ts'

export class Emulated implements Mechanism {
  readonly name = "the sandbox's own init"
  readonly #bench: Bench = new Bench()

  readonly run = async (emulated: Limits, argv: string[]): Promise<Measured> => {
    const limited = Object.keys(emulated).length > 0
    const plan = { ...this.#bench.plans.next().plan, ...(limited && { emulated }) }
    const started = performance.now()
    const sandbox = this.#bench.start(argv, { plan })
    let overheadMicros = 0
    const timer = setInterval(() => {
      overheadMicros = cpuOf(sandbox.pid) ?? overheadMicros
    }, 20)
    const { emulated: counted, usage, error } = await collect(sandbox)
    const wallMs = performance.now() - started
    clearInterval(timer)
    if (error || !usage) throw new Error(`A sandbox failed: ${error?.message}`)
    const cpuMicros = counted?.cpuMicros ?? usage.userMicros + usage.systemMicros
    return { wallMs, cpuMicros, overheadMicros, peak: counted?.memoryPeak }
  }

  close(): Promise<void> {
    return this.#bench.close()
  }
}

/** Nanoseconds that it ran are the first number of /proc/PID/schedstat (sched-stats.rst). */
function cpuOf(pid: number | undefined): number | undefined {
  try {
    return Number(readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ', 1)[0]) / 1000
  } catch {
    return undefined
  }
}
