// The next weaker strength of each knob: about half of what it takes away.

import type { KnobName, Knobs } from './knobs.ts'

type Weaker = { [Name in KnobName]?: (value: NonNullable<Knobs[Name]>) => Knobs[Name] | undefined }

const doubled = (value: number) => value * 2
const halvedTo = (least: number) => (value: number) => (value / 2 >= least ? value / 2 : undefined)
/** Below two minutes it is of no use to know. A time that a clock shows has no half. */
const halvedOffset = (ahead: number | string) =>
  typeof ahead === 'number' && Math.abs(ahead) >= 120_000 ? Math.trunc(ahead / 2) : undefined

/** What is not among them has no strength: it is turned, or not. */
const weaker: Weaker = {
  // A whole processor is no cap for one thread.
  cpu: ({ share, periodMs }) => (share * 2 < 1 ? { share: share * 2, periodMs } : undefined),
  memory: doubled,
  pids: doubled,
  nofile: doubled,
  inotify: doubled,
  disk: doubled,
  inodes: doubled,
  freeze: halvedTo(1),
  delay: halvedTo(1),
  loss: halvedTo(0.001),
  monotonic: halvedOffset,
  boottime: halvedOffset,
  clock: (offset) => (typeof offset === 'number' ? halvedOffset(offset) : undefined),
}

/** Undefined where this is the weakest. */
export function weakened(knobs: Knobs, name: KnobName): Knobs | undefined {
  const value = knobs[name]
  if (value === undefined) return undefined
  const next = (weaker[name] as ((value: unknown) => unknown) | undefined)?.(value)
  return next === undefined ? undefined : { ...knobs, [name]: next }
}
