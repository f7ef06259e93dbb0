// Plots against the CPU cap, as SVG, each with its figures in a table.

import { rateOf } from '../../effects.ts'
import { hasFailed } from '../../repeat.ts'
import type { Attempt, Rate } from '../../results.ts'
import { axisOf, labelOf, labelsOf } from '../heat-map.ts'
import { count, percent, rateWords, sizeWords, timeWords } from '../words.ts'
import { type Html, html } from './html.ts'

const width = 440
const height = 240
const left = 46
const right = 8
const top = 12
const bottom = 42

/** Of each category, failures and others: more would be a blot. */
const pointsShown = 60

interface Category {
  label: string
  attempts: Attempt[]
}

interface Point {
  value: number
  failed: boolean
}

interface Measure {
  title: string
  of: (attempt: Attempt) => number | null
  words: (value: number) => string
  /** Values that are round to a reader are multiples of it: of the largest one. */
  unit: (most: number) => { size: number; name: string }
}

const seconds = (most: number) => (most >= 2000 ? { size: 1000, name: 's' } : { size: 1, name: 'ms' })
const measures: readonly Measure[] = [
  { title: 'Wall time', of: ({ result }) => result.usage.wallMs, words: timeWords, unit: seconds },
  { title: 'CPU time', of: ({ result }) => result.usage.cpuMs, words: timeWords, unit: seconds },
  {
    title: 'Peak memory',
    of: ({ result }) => result.usage.memoryPeakBytes,
    words: sizeWords,
    unit: (most) => (most >= 2 * 1024 ** 3 ? { size: 1024 ** 3, name: 'GiB' } : { size: 1024 ** 2, name: 'MiB' }),
  },
]

/** Undefined where the cap was always the same. */
export function plotSection(attempts: readonly Attempt[]): Html | undefined {
  const compared = attempts.filter(isCompared)
  const labels = labelsOf(compared, 'cpu')
  if (labels.length < 2) return undefined
  const axis = axisOf('cpu', labels)
  const categories = labels.map((label, at) => ({
    label: axis.labels[at] as string,
    attempts: compared.filter(({ order }) => labelOf(order.knobs, 'cpu') === label),
  }))
  const plots = [ratePlot(categories, axis.title), ...measures.flatMap((measure) => measurePlot(measure, categories, axis.title) ?? [])]
  return html`<section id="plots"><h2>Against the CPU cap</h2>
<p class="soft">Of ${count(compared.length, 'run')} of ${count(new Set(compared.map(({ order }) => order.file)).size, 'file')}. <span class="nowrap"><svg class="key" viewBox="0 0 12 12" aria-hidden="true"><circle cx="6" cy="6" r="3" class="point"/></svg> passed</span> <span class="nowrap"><svg class="key" viewBox="0 0 12 12" aria-hidden="true"><path d="M3 3l6 6m0-6l-6 6" class="cross"/></svg> failed</span> <span class="nowrap"><svg class="key" viewBox="0 0 12 12" aria-hidden="true"><path d="M1 6h10" class="median"/></svg> median.</span> ${axis.labels.includes('as is') && '“as is” has no cap.'}</p>
<div class="plots">${plots}</div></section>`
}

/** Runs that differ by their caps alone; of a grid, all. */
function isCompared({ phase, order: { knobs } }: Attempt): boolean {
  if (phase === 'grid') return true
  const others = Object.keys(knobs).filter((name) => !['cpu', 'memory', 'seed'].includes(name))
  return (phase === 'baseline' || phase === 'sweep') && others.length === 0
}

function ratePlot(categories: readonly Category[], axis: string): Html {
  const rates = categories.map(({ label, attempts }) => ({
    label,
    rate: rateOf(attempts.map((attempt) => ({ failed: hasFailed(attempt) }))),
  }))
  const y = (fraction: number) => top + (1 - fraction) * (height - top - bottom)
  const x = positions(rates.length)
  const path = rates.map(({ rate }, at) => `${at === 0 ? 'M' : 'L'}${fixed(x(at))} ${fixed(y(rateAt(rate)))}`).join('')
  const marks = rates.map(({ rate }, at) => {
    const [low, high] = rate.interval.map(y) as [number, number]
    return html`<path class="whisker" d="M${fixed(x(at))} ${fixed(low)}V${fixed(high)}m-5 0h10M${fixed(x(at) - 5)} ${fixed(low)}h10"/><circle class="dot" cx="${fixed(x(at))}" cy="${fixed(y(rateAt(rate)))}" r="4.5"/>`
  })
  const ticks = [0, 0.25, 0.5, 0.75, 1].map((fraction) => ({ at: y(fraction), label: percent(fraction).replace(' ', '') }))
  const title = 'Failure rate, with its 95 % interval'
  const words = rates.map(({ label, rate }) => `${label}: ${rateWords(rate)}`).join('; ')
  return figure(
    title,
    words,
    html`${frame(
      ticks,
      rates.map(({ label }) => label),
      axis,
    )}<path class="line" d="${path}"/>${marks}`,
    {
      head: ['CPU', 'Failed', 'Rate and interval'],
      rows: rates.map(({ label, rate }) => [label, `${rate.failed} of ${rate.runs}`, rateWords(rate).split(', ')[1] ?? '']),
    },
  )
}

function measurePlot({ title, of, words, unit }: Measure, categories: readonly Category[], axis: string): Html | undefined {
  const measured = categories.map(({ label, attempts }) => ({
    label,
    points: attempts.flatMap((attempt): Point[] => {
      const value = of(attempt)
      return value === null ? [] : [{ value, failed: hasFailed(attempt) }]
    }),
  }))
  const most = Math.max(0, ...measured.flatMap(({ points }) => points.map(({ value }) => value)))
  if (most === 0) return undefined
  const { size, name } = unit(most)
  const step = roundStep(most / size / 4)
  const highest = Math.ceil(most / size / step) * step
  const y = (value: number) => top + (1 - value / size / highest) * (height - top - bottom)
  const x = positions(measured.length)
  const ticks = Array.from({ length: Math.round(highest / step) + 1 }, (_, at) => at * step)
  const marks = measured.map(({ points }, at) => pointMarks(points, x(at), Math.min(26, (width - left - right) / measured.length / 3), y))
  const rows = measured.map(({ label, points }) => {
    const sorted = points.map(({ value }) => value).sort((a, b) => a - b)
    return [label, ...[0, 0.5, 1].map((q) => (sorted.length === 0 ? '–' : words(quantile(sorted, q))))]
  })
  return figure(
    `${title}, ${name}`,
    rows.map(([label, , median]) => `${label}: median ${median}`).join('; '),
    html`${frame(
      ticks.map((value) => ({ at: y(value * size), label: String(Number(value.toPrecision(3))) })),
      measured.map(({ label }) => label),
      axis,
    )}${marks}`,
    { head: ['CPU', 'Least', 'Median', 'Most'], rows },
  )
}

function pointMarks(points: readonly Point[], centre: number, spread: number, y: (value: number) => number): Html {
  const some = [false, true].flatMap((failed) => thinned(points.filter((point) => point.failed === failed)))
  const sorted = points.map(({ value }) => value).sort((a, b) => a - b)
  const marks = some.map(({ value, failed }, at) => {
    // Beside one another in an order that looks like none: multiples of the golden ratio.
    const x = fixed(centre + (((at * 0.618) % 1) * 2 - 1) * spread)
    return failed
      ? html`<path class="cross" d="M${x} ${fixed(y(value))}m-3-3l6 6m0-6l-6 6"/>`
      : html`<circle class="point" cx="${x}" cy="${fixed(y(value))}" r="2.6"/>`
  })
  const median =
    sorted.length > 0 &&
    html`<path class="median" d="M${fixed(centre - spread - 4)} ${fixed(y(quantile(sorted, 0.5)))}h${fixed(2 * spread + 8)}"/>`
  return html`${marks}${median}`
}

function thinned(points: readonly Point[]): Point[] {
  const every = Math.ceil(points.length / pointsShown)
  return points.filter((_, at) => at % every === 0)
}

function frame(ticks: readonly { at: number; label: string }[], labels: readonly string[], axis: string): Html {
  const x = positions(labels.length)
  const every = Math.ceil(labels.length / 9)
  return html`${ticks.map(({ at, label }) => html`<path class="grid" d="M${left} ${fixed(at)}H${width - right}"/><text class="tick" x="${left - 6}" y="${fixed(at + 4)}" text-anchor="end">${label}</text>`)}${labels.map((label, at) => at % every === 0 && html`<text class="tick" x="${fixed(x(at))}" y="${height - bottom + 17}" text-anchor="middle">${label}</text>`)}<text class="axis-title" x="${(left + width - right) / 2}" y="${height - 6}" text-anchor="middle">${axis}</text>`
}

function figure(title: string, words: string, content: Html, { head, rows }: { head: string[]; rows: string[][] }): Html {
  return html`<figure><figcaption>${title}</figcaption>
<svg class="plot" viewBox="0 0 ${width} ${height}" role="img"><title>${title}, against the CPU cap</title><desc>${words}</desc>${content}</svg>
<details class="figures"><summary>Figures</summary><table><thead><tr>${head.map((text) => html`<th scope="col">${text}</th>`)}</tr></thead><tbody>${rows.map(([label, ...cells]) => html`<tr><th scope="row">${label}</th>${cells.map((text) => html`<td>${text}</td>`)}</tr>`)}</tbody></table></details></figure>`
}

function positions(of: number): (at: number) => number {
  return (at) => left + ((at + 0.5) * (width - left - right)) / of
}

function rateAt({ failed, runs }: Rate): number {
  return runs === 0 ? 0 : failed / runs
}

/** 1, 2, 2.5 or 5 times a power of ten, at least as much. */
function roundStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least))
  return ([1, 2, 2.5, 5, 10].find((one) => one * power >= least) ?? 10) * power
}

function quantile(sorted: readonly number[], q: number): number {
  const at = (sorted.length - 1) * q
  const [below, above] = [sorted[Math.floor(at)] as number, sorted[Math.ceil(at)] as number]
  return below + (above - below) * (at - Math.floor(at))
}

function fixed(value: number): string {
  return value.toFixed(1)
}
