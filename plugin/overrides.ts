// What an attempt turns of its file's sandbox: laid over all else that the file may have.

import { parseCpuList } from '../src/config/quantities.ts'
import type { Limits } from '../src/plan/limits.ts'
import { plainRun, type SandboxRequest } from '../src/plan/request.ts'
import { allowedCpuList } from '../src/run/limit-request.ts'
import type { Knobs } from '../src/stress/knobs.ts'
import { networkKnobs } from '../src/stress/network-knobs.ts'
import type { FileSettings } from './file-options.ts'

export function overridden(settings: FileSettings, knobs: Knobs): FileSettings {
  const request = requestOf(knobs)
  return {
    ...settings,
    limits: { ...settings.limits, ...limitsOf(knobs) },
    // Not even an address besides localhost; and a server of the host's would be a way out.
    reach: knobs.net === 'none' ? { ...settings.reach, net: 'localhost', forward: [], expose: [] } : settings.reach,
    ...(Object.keys(request).length > 0 && { request }),
    ...(knobs.uv !== undefined && { freshEnv: { UV_THREADPOOL_SIZE: String(knobs.uv) } }),
  }
}

/** Of one copy among several at once. */
export interface Twin {
  /** Which one, from 1 on. */
  copy: number
  /** Directory that is /tmp for all of them. */
  tmp: string
  /** When all others are about to run their file too. */
  together(): Promise<void>
}

/** What the file may reach, and how fast, is a matter of the network that all copies have in common: here that is the host's. */
export function asTwin({ reach, request, ...settings }: FileSettings, { tmp }: Twin): FileSettings {
  const { traffic: _, ...own } = request ?? {}
  return { ...settings, reach: { ...reach, net: 'host', forward: [], expose: [] }, request: { ...own, tmp } }
}

/** Not all that is random may be the same in all of them: names that are meant to be unique would not be. */
export function insideTwin({ seed, ...knobs }: Knobs, { copy }: Twin): Knobs {
  return { ...knobs, ...(seed !== undefined && { seed: seed + copy - 1 }) }
}

export function limitsOf({ cpu, cores, memory, pids }: Knobs): Limits {
  return {
    // How many processors there are is a knob of its own, and a recipe is to mean the same with and without a cgroup.
    ...(cpu !== undefined && { cpu: { ...cpu, spread: true as const } }),
    ...(cores !== undefined && { cpus: someCpus(cores) }),
    ...(memory !== undefined && { memory }),
    ...(pids !== undefined && { pids }),
  }
}

/** Not the same ones in every worker process: they would wait for each other, and not for the knob. */
function someCpus(count: number): number[] {
  const allowed = allowedCpus()
  return Array.from(
    { length: Math.min(count, allowed.length) },
    (_, index) => allowed[(process.pid + index) % allowed.length] as number,
  ).sort((a, b) => a - b)
}

/** Processors that this process may run on. */
export function allowedCpus(): number[] {
  return parseCpuList(allowedCpuList())
}

function requestOf(knobs: Knobs): Partial<SandboxRequest> {
  const { disk, inodes, inotify, hostname, uid } = knobs
  const run = runOf(knobs)
  return {
    ...(disk !== undefined && { disk }),
    ...(inodes !== undefined && { inodes }),
    ...(inotify !== undefined && { inotify }),
    ...(hostname !== undefined && { hostname }),
    ...(uid !== undefined && { uid }),
    ...(run && { run }),
    ...networkKnobs(knobs),
  }
}

function runOf({ nofile, monotonic, boottime }: Knobs): SandboxRequest['run'] {
  const hasClocks = monotonic !== undefined || boottime !== undefined
  if (nofile === undefined && !hasClocks) return undefined
  return {
    ...plainRun,
    clocks: hasClocks ? { monotonic: nanoseconds(monotonic), boottime: nanoseconds(boottime) } : null,
    limits: nofile === undefined ? [] : [{ do: 'rlimit', resource: 'nofile', soft: nofile, hard: nofile }],
  }
}

function nanoseconds(milliseconds = 0): string {
  return String(Math.round(milliseconds * 1e6))
}
