// A line for each combination of knobs: how often an attempt failed, and what it took.

import { rateOf } from '../../effects.ts'
import { printKnobs } from '../../recipe.ts'
import { hasFailed } from '../../repeat.ts'
import type { Attempt } from '../../results.ts'
import { sizeWords, timeWords } from '../words.ts'
import { type Html, html } from './html.ts'
import { intervalMark, rateCell } from './marks.ts'
import { breakable } from './tests.ts'

export function knobSection(attempts: readonly Attempt[]): Html | undefined {
  const planned = attempts.filter(({ phase }) => phase === 'baseline' || phase === 'sweep' || phase === 'grid')
  const groups = [...Map.groupBy(planned, ({ order }) => printKnobs(order.knobs))].map(([knobs, those]) => ({
    knobs,
    those,
    rate: rateOf(those.map((attempt) => ({ failed: hasFailed(attempt) }))),
  }))
  if (groups.length < 2) return undefined
  const rows = groups.sort(
    (a, b) => Number(b.knobs === '') - Number(a.knobs === '') || b.rate.failed / b.rate.runs - a.rate.failed / a.rate.runs,
  )
  const median = (those: readonly Attempt[], of: (attempt: Attempt) => number | null, words: (value: number) => string) => {
    const values = those.flatMap((attempt) => of(attempt) ?? []).sort((a, b) => a - b)
    return values.length === 0 ? '–' : words(values[Math.floor((values.length - 1) / 2)] as number)
  }
  return html`<section id="knobs"><h2>By knob</h2>
<table class="knobs"><thead><tr><th scope="col">Knobs</th><th scope="col">Runs that failed</th><th scope="col" class="number">Wall time</th><th scope="col" class="number">CPU time</th><th scope="col" class="number">Peak memory</th></tr></thead>
<tbody>${rows.map(({ knobs, those, rate }) => html`<tr><th scope="row">${knobs === '' ? 'baseline' : html`<code>${breakable(knobs)}</code>`}</th><td class="wide">${intervalMark(rate)} ${rateCell(rate)}</td><td class="number" data-label="wall">${median(those, ({ result }) => result.usage.wallMs, timeWords)}</td><td class="number" data-label="CPU">${median(those, ({ result }) => result.usage.cpuMs, timeWords)}</td><td class="number" data-label="memory">${median(those, ({ result }) => result.usage.memoryPeakBytes, sizeWords)}</td></tr>`)}</tbody></table>
<p class="soft">Times and memory are medians.</p></section>`
}
