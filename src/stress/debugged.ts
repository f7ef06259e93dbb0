// A recipe under a debugger: what of it still makes sense where nothing moves for minutes.

import { type KnobName, type Knobs, knobNames } from './knobs.ts'

export interface Debugged {
  knobs: Knobs
  /** What is not turned, and why. */
  left: { names: KnobName[]; why: string }[]
  /** What is turned, and what to think of. */
  kept: { names: KnobName[]; what: string }[]
}

const pulses: KnobName[] = ['freeze']
const outside: KnobName[] = ['net', 'dns', 'delay', 'loss']
const copies: KnobName[] = ['twins']
const caps: KnobName[] = ['cpu', 'memory', 'pids', 'nofile']

export function debugged(knobs: Knobs): Debugged {
  const among = (names: readonly KnobName[]) => names.filter((name) => knobs[name] !== undefined)
  const left = [
    { names: among(pulses), why: 'what stands at a breakpoint is stopped anyway' },
    { names: among(outside), why: "a debugger comes in over the host's network" },
    { names: among(copies), why: 'one process is debugged at a time' },
  ].filter(({ names }) => names.length > 0)
  const kept = [{ names: among(caps), what: 'what the debugger needs of it counts too' }].filter(({ names }) => names.length > 0)
  const gone = left.flatMap(({ names }) => names)
  const rest = knobNames.filter((name) => knobs[name] !== undefined && !gone.includes(name))
  return { knobs: Object.fromEntries(rest.map((name) => [name, knobs[name]])) as Knobs, left, kept }
}

/** vitest's words: time limits of tests would end what stands at a breakpoint. */
export function debuggerWords({ brk, port }: { brk: boolean; port: number }): string[] {
  return [`--inspect${brk ? '-brk' : ''}=127.0.0.1:${port}`, '--no-file-parallelism', '--testTimeout=0', '--hookTimeout=0']
}
