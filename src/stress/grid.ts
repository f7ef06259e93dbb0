// All combinations of what each knob is to be.

import { type KnobName, type Knobs, knobNames } from './knobs.ts'

export type KnobValues = { [Name in KnobName]?: NonNullable<Knobs[Name]>[] }

/** The first knob changes slowest. Of no knobs it is one combination, which turns nothing. */
export function gridOf(values: KnobValues): Knobs[] {
  return knobNames
    .flatMap((name) => (values[name] ? [{ name, each: values[name] as unknown[] }] : []))
    .reduce<Knobs[]>((cells, { name, each }) => cells.flatMap((cell) => each.map((value) => ({ ...cell, [name]: value }))), [{}])
}
