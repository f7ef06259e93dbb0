// Limits that the kernel holds for a cgroup.

import { mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createSandbox } from '../../src/index.ts'
import type { Limits } from '../../src/plan/limits.ts'
import type { Running } from '../../src/run/running.ts'
import type { Measured, Mechanism } from './limits-mechanism.ts'

/** Milliseconds between two looks. */
const interval = 100

export class ByCgroup implements Mechanism {
  readonly name = 'the kernel, for a cgroup'
  readonly #directory: string = mkdtempSync(join(realpathSync(homedir()), '.nsbox-bench-'))

  readonly run = async ({ cpu, memory, pids, cpus, cpuWeight }: Limits, argv: string[]): Promise<Measured> => {
    const limits = { cpu: cpu && `${cpu.share}/${cpu.periodMs}ms`, memory, pids, cpus, cpuWeight }
    const given = Object.fromEntries(Object.entries(limits).filter(([, value]) => value !== undefined))
    await using sandbox = await createSandbox({ ...given, limitsBy: 'cgroup', cwd: this.#directory, overlays: [this.#directory] })
    const started = performance.now()
    const running = sandbox.exec(argv)
    const window = watch(running)
    const { usage, error } = await running
    if (error || !usage) throw new Error(`A sandbox failed: ${error?.message}`)
    const { wallMs, cpuMs } = (await window) ?? { wallMs: performance.now() - started, cpuMs: usage.cpuMs }
    return { wallMs, cpuMicros: cpuMs * 1000, overheadMicros: 0, peak: usage.memoryPeakBytes ?? undefined }
  }

  async close(): Promise<void> {
    rmSync(this.#directory, { recursive: true })
  }
}

/** From when it is under way to the last look at it: in a slow guest, starting and sealing take long. Undefined for what is over at once. */
async function watch(running: Running): Promise<{ wallMs: number; cpuMs: number } | undefined> {
  let ended = false
  void running.finally(() => {
    ended = true
  })
  const looks: { at: number; cpuMs: number }[] = []
  while (!ended) {
    const look = await running.usage().catch(() => undefined)
    if (look && look.cpuMs > interval) looks.push({ at: performance.now(), cpuMs: look.cpuMs })
    await sleep(interval)
  }
  const [first, last] = [looks.at(2), looks.at(-2)]
  return first && last && last.at > first.at ? { wallMs: last.at - first.at, cpuMs: last.cpuMs - first.cpuMs } : undefined
}
