// Flags of `nsbox shell` for the surroundings that a recipe makes.

import { timeZoneName } from '../config/time-zones.ts'
import type { KnobName, Knobs } from '../stress/knobs.ts'
import { printKnob } from '../stress/recipe.ts'

/** The flags, and knobs that none stands for. */
export function shellFlags(knobs: Knobs): { flags: string[]; left: KnobName[] } {
  const flagsOf: { [Name in KnobName]?: (value: NonNullable<Knobs[Name]>) => string[] } = {
    cpu: (cpu) => ['--cpu', printKnob('cpu', cpu)],
    memory: (memory) => ['--memory', printKnob('memory', memory)],
    pids: (pids) => ['--pids', `${pids}`],
    nofile: (nofile) => ['--rlimit', `nofile=${nofile}`],
    disk: (disk) => ['--disk', printKnob('disk', disk)],
    // It is the default there.
    net: () => [],
    tz: (zone) => ['--setenv', `TZ=${timeZoneName(zone)}`],
    // In the environment that is kept.
    locale: () => [],
    hostname: (hostname) => ['--hostname', hostname],
    uid: (uid) => ['--uid', uid],
    monotonic: (ms) => [`--monotonic-offset=${printKnob('monotonic', ms)}`],
    boottime: (ms) => [`--boottime-offset=${printKnob('boottime', ms)}`],
    // Vitest's, and not of what is around it.
    seed: () => [],
  }
  const hasClocks = knobs.monotonic !== undefined || knobs.boottime !== undefined
  const turned = Object.keys(knobs) as KnobName[]
  const flags = turned.flatMap((name) => (flagsOf[name] as ((value: unknown) => string[]) | undefined)?.(knobs[name]) ?? [])
  return { flags: [...(hasClocks ? ['--time', 'private'] : []), ...flags], left: turned.filter((name) => flagsOf[name] === undefined) }
}
