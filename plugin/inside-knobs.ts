// Inside: knobs that are turned in the worker itself, before it has its file.

import type { Knobs, MissingKnob } from '../src/stress/knobs.ts'
import { timeZone } from './time-zone.ts'

/** Answers those that could not be turned. */
export async function turnInside(knobs: Knobs): Promise<MissingKnob[]> {
  // node takes note of it at once, and programs that tests start inherit it.
  if (knobs.tz !== undefined) process.env['TZ'] = timeZone(knobs.tz)
  return []
}
