// The line that makes a failure happen again: `n1:cpu=0.25/1s,freeze=64ms,seed=77`. The version is of what knobs mean: a recipe of
// another one is refused rather than run as something else.

import { parseKnob, parseKnobName, printKnob } from '../config/knob-values.ts'
import { configError } from '../errors.ts'
import { inQuotes } from '../quoted.ts'
import { type KnobName, type Knobs, knobNames } from './knobs.ts'

export { parseKnob, printKnob }

const version = 'n1'

export function printRecipe(knobs: Knobs): string {
  return `${version}:${printEach(knobs, knobNames)}`
}

/** Without version and seed, to tell what was turned: `cpu=0.25/1s,freeze=64ms`; empty for a baseline. */
export function printKnobs(knobs: Knobs): string {
  return printEach(
    knobs,
    knobNames.filter((name) => name !== 'seed'),
  )
}

function printEach(knobs: Knobs, names: readonly KnobName[]): string {
  return names.flatMap((name) => (knobs[name] === undefined ? [] : [`${name}=${printKnob(name, knobs[name])}`])).join(',')
}

/** @throws NsboxError ERR_NSBOX_CONFIG that names knob, value and fix */
export function parseRecipe(text: string): Knobs {
  const [, given, rest] = /^(n\d+):(.*)$/s.exec(text.trim()) ?? []
  if (given === undefined || rest === undefined)
    throw configError(`recipe ${inQuotes(text)} must begin with its version: ${version}:cpu=0.25,seed=77`)
  if (given !== version) {
    throw configError(
      `recipe ${inQuotes(text)} is of version ${given}, and this nsbox knows ${version}; run it with the nsbox that printed it`,
    )
  }
  const knobs: Partial<Record<KnobName, unknown>> = {}
  for (const pair of rest === '' ? [] : rest.split(',')) {
    const [, before, value] = /^([^=]*)=(.*)$/s.exec(pair) ?? []
    if (before === undefined || value === undefined)
      throw configError(`recipe ${inQuotes(text)}: ${inQuotes(pair)} must be a knob and its value, such as cpu=0.25`)
    const name = parseKnobName(before)
    if (knobs[name] !== undefined) throw configError(`recipe ${inQuotes(text)} has the knob ${name} twice; leave one out`)
    knobs[name] = parseKnob(name, value)
  }
  return knobs as Knobs
}
