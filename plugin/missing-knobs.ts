// Which knobs this machine cannot turn, known before any sandbox is made.

import { existsSync, readFileSync } from 'node:fs'
import { type LimitMeans, limitPlan } from '../src/plan/limit-plan.ts'
import type { LimitName } from '../src/plan/limits.ts'
import type { Reach } from '../src/plan/reach.ts'
import { isRootOfTheMachine } from '../src/run/request.ts'
import { type KnobName, type Knobs, knobNames, type MissingKnob } from '../src/stress/knobs.ts'
import { allowedCpus, limitsOf } from './overrides.ts'

/** What there is to turn them with. */
export interface KnobMeans {
  limits: LimitMeans
  /** Where overlays keep what is written. */
  upper: 'tmpfs' | 'disk'
  net: Reach['net']
  /** Why packets cannot be delayed; undefined where they can. */
  traffic: string | undefined
}

/** Modest values of those that not every machine can turn. On a network of its own, which any attempt can have. */
const modest: Knobs = {
  cpu: { share: 1, periodMs: 100 },
  cores: 1,
  memory: 2 ** 30,
  pids: 1000,
  disk: 2 ** 30,
  inodes: 1e5,
  inotify: 1e5,
  net: 'none',
  delay: 1,
  loss: 0.01,
  monotonic: 1,
  boottime: 1,
}

export function missingHere(means: KnobMeans): MissingKnob[] {
  return missingKnobs(modest, means)
}

/** Of those that are given. */
export function missingKnobs(knobs: Knobs, means: KnobMeans): MissingKnob[] {
  const reasons: Partial<Record<KnobName, string | undefined>> = {
    ...limitReasons(knobs, means.limits),
    ...diskReasons(knobs, means),
    ...trafficReasons(knobs, means),
    ...clockReasons(knobs),
    ...(knobs.inotify !== undefined && { inotify: inotifyReason() }),
    ...(knobs.nofile !== undefined && { nofile: nofileReason(knobs.nofile) }),
    ...(knobs.shuffle === 'files' && {
      shuffle: 'an attempt runs one file, and files have no order in it; shuffle=tests is that of its tests',
    }),
  }
  return knobNames.flatMap((knob) => {
    const why = reasons[knob]
    return why === undefined ? [] : [{ knob, why }]
  })
}

export function withoutMissing(knobs: Knobs, missing: readonly MissingKnob[]): Knobs {
  return Object.fromEntries(Object.entries(knobs).filter(([name]) => !missing.some(({ knob }) => knob === name)))
}

const knobOfLimit: Partial<Record<LimitName, KnobName>> = { cpu: 'cpu', cpus: 'cores', memory: 'memory', pids: 'pids' }

function limitReasons(knobs: Knobs, means: LimitMeans): Partial<Record<KnobName, string>> {
  const { missing, emulated } = limitPlan(limitsOf(knobs), means)
  const allowed = allowedCpus()
  return {
    ...Object.fromEntries(missing.map(({ limit, why }) => [knobOfLimit[limit], why])),
    ...(emulated.pids !== undefined &&
      isRootOfTheMachine() && { pids: `without a cgroup (${means.why}) it is a limit that the kernel does not set root (getrlimit(2))` }),
    ...(knobs.cores !== undefined &&
      knobs.cores > allowed.length && {
        cores: `${knobs.cores} are asked for, and this process may run on ${allowed.length}: ${allowed.join(', ')}`,
      }),
  }
}

function diskReasons({ disk, inodes }: Knobs, { upper }: KnobMeans): Partial<Record<KnobName, string>> {
  if (upper === 'tmpfs') return {}
  const why = 'what overlays keep lies in a directory of the host, which has no quota; Linux 6.6 keeps it in memory'
  return { ...(disk !== undefined && { disk: why }), ...(inodes !== undefined && { inodes: why }) }
}

function trafficReasons({ delay, loss, net }: Knobs, means: KnobMeans): Partial<Record<KnobName, string | undefined>> {
  const isShared = means.net === 'host' && net !== 'none'
  const why = isShared ? "with net: 'host' localhost is the host's own; the knob net=none gives it one that can be slow" : means.traffic
  return { ...(delay !== undefined && { delay: why }), ...(loss !== undefined && { loss: why }) }
}

function clockReasons({ monotonic, boottime }: Knobs): Partial<Record<KnobName, string | undefined>> {
  const since = Number(process.hrtime.bigint()) / 1e6
  const reason = (ahead: number | undefined) => {
    if (ahead === undefined) return undefined
    if (!existsSync('/proc/self/ns/time')) return 'the kernel has no time namespaces (Linux 5.6, time_namespaces(7))'
    return since + ahead < 0 ? `the clock would be before 0: it began ${Math.floor(since / 1000)} s ago` : undefined
  }
  return { monotonic: reason(monotonic), boottime: reason(boottime) }
}

function inotifyReason(): string | undefined {
  return existsSync('/proc/sys/user/max_inotify_watches')
    ? undefined
    : 'the kernel does not count the watches of a user namespace (namespaces(7), /proc/sys/user)'
}

function nofileReason(count: number): string | undefined {
  const hard = /^Max open files\s+\S+\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1]
  return hard !== undefined && count > Number(hard) ? `the hard limit here is ${hard}, and cannot be raised (getrlimit(2))` : undefined
}
