// When a sandbox is stopped and goes on again, as pure data.
//
// rr's chaos mode stops threads for up to 2 s at a time, and found that races show themselves at very different lengths of a stop:
// some need a millisecond, others seconds. So lengths are log-uniform: each order of magnitude is as likely as the next. FlakeEcho
// (ISSTA 2024) needs one delay of the right length at the right place, and finds the place by analysis; here many delays are tried
// at places of all kinds. rr stops for a fifth of the time, over thousands of runs. A campaign has a few runs for this knob, so that
// it is a third: more would make of every time limit a failure, which is what a cap on CPU time is for.

import { seededRandom } from '../random.ts'

/** Milliseconds: it runs, and then it is stopped. */
export interface Pulse {
  runMs: number
  stopMs: number
}

/** Shorter ones are not worth the calls, in milliseconds. */
const shortest = 1
/** Of the time that it runs to the time that it is stopped. */
const runsFor = 2

/** Without an end. `longestMs` is of a stop. What is stopped is about a third of the time, from the beginning on. */
export function* pulses(longestMs: number, seed: number): Generator<Pulse, never> {
  const random = seededRandom(seed, 'freeze')
  const length = () => shortest * Math.max(1, longestMs / shortest) ** random()
  for (;;) yield { runMs: runsFor * length(), stopMs: length() }
}
