// Failure rates of a grid over the two knobs that it varies most usefully, or over one.

import { type Outcome, rateOf } from '../effects.ts'
import { type KnobName, type Knobs, knobNames } from '../knobs.ts'
import { printKnob } from '../recipe.ts'
import type { Attempt, Rate } from '../results.ts'

export interface Axis {
  knob: KnobName
  /** The knob, and what all its values have in common: `cpu over 1s`. */
  title: string
  /** As a recipe has them, ascending; what is not limited comes last. */
  labels: string[]
}

export interface HeatMap {
  x: Axis
  y: Axis | undefined
  /** As many as `y` has labels, or one. Undefined where nothing ran. */
  rows: (Rate | undefined)[][]
  runs: number
}

/** `cpu` and `memory` come before all others. */
const axes: readonly KnobName[] = ['cpu', 'memory', ...knobNames.filter((name) => !['cpu', 'memory', 'seed'].includes(name))]

/** Of the attempts of a grid alone: those that confirm and shrink are where failures are. Undefined where nothing was varied. */
export function heatMapOf(outcomes: readonly Outcome[]): HeatMap | undefined {
  const grid = outcomes.filter(({ attempt }) => attempt.phase === 'grid')
  const all = grid.map(({ attempt }) => attempt)
  const varied = axes.map((knob) => ({ knob, labels: labelsOf(all, knob) })).filter(({ labels }) => labels.length > 1)
  const [x, y] = varied
  if (!x) return undefined
  const at = (across: string, down?: string) =>
    grid.filter(({ attempt }) => {
      const { knobs } = attempt.order
      return labelOf(knobs, x.knob) === across && (!y || labelOf(knobs, y.knob) === down)
    })
  const rows = (y?.labels ?? [undefined]).map((down) => x.labels.map((across) => rateOf(at(across, down))))
  return {
    x: axisOf(x.knob, x.labels),
    y: y && axisOf(y.knob, y.labels),
    rows: rows.map((row) => row.map((rate) => (rate.runs === 0 ? undefined : rate))),
    runs: grid.length,
  }
}

/** A period that all values of `cpu` have is told once. */
export function axisOf(knob: KnobName, labels: readonly string[]): Axis {
  const periods = new Set(labels.filter((label) => label !== notLimited).map((label) => label.split('/')[1]))
  const [period] = periods
  if (knob !== 'cpu' || periods.size > 1 || period === undefined) return { knob, title: knob, labels: [...labels] }
  return { knob, title: `${knob} over ${period}`, labels: labels.map((label) => label.split('/')[0] as string) }
}

export const notLimited = 'as is'

export function labelOf(knobs: Knobs, name: KnobName): string {
  const value = knobs[name]
  return value === undefined ? notLimited : printKnob(name, value)
}

/** Ascending by value. */
export function labelsOf(attempts: readonly Attempt[], name: KnobName): string[] {
  const ranks = new Map(attempts.map(({ order }) => [labelOf(order.knobs, name), rankOf(order.knobs[name])]))
  return [...ranks].sort(([a, rankA], [b, rankB]) => (rankA === rankB ? (a < b ? -1 : 1) : rankA - rankB)).map(([label]) => label)
}

function rankOf(value: Knobs[KnobName]): number {
  if (typeof value === 'number') return value
  if (typeof value === 'object') return value.share
  return value === undefined ? Infinity : 0
}
