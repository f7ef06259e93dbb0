// A campaign's results in lines for a terminal. What matters most comes last, where its reader is.

import { styleText } from 'node:util'
import { withoutOrders } from '../../quoted.ts'
import { hasFailed } from '../repeat.ts'
import type { Cluster, KnobEffect, Results, TestVerdict, Verdict } from '../results.ts'
import { upperBound } from '../statistics.ts'
import { reproCommand } from '../test-id.ts'
import { heatMapOf } from './heat-map.ts'
import { heatText } from './heat-text.ts'
import { type TrialsOfTest, trialsOfTest } from './trials-of-test.ts'
import { count, failureWords, percent, rateWords, shown, testWords, timeWords } from './words.ts'

export interface ReportOptions {
  color: boolean
  /** Of the terminal. @default 80 */
  columns?: number | undefined
}

type Paint = (format: Parameters<typeof styleText>[0], text: string) => string

const testsShown = 20
const clustersShown = 5
const effectsShown = 4
/** Characters: several knobs that were turned together get a line of their own. */
const longName = 32

export const verdictColours: Record<Verdict, 'green' | 'yellow' | 'red' | 'magenta'> = {
  PASS: 'green',
  FLAKY: 'yellow',
  BUDGET: 'yellow',
  BROKEN: 'red',
  KILLED: 'magenta',
}

/** The most interesting last. */
const order: readonly Verdict[] = ['PASS', 'BROKEN', 'KILLED', 'BUDGET', 'FLAKY']

/** Ends with a line feed. */
export function reportText(results: Results, { color, columns = 80 }: ReportOptions): string {
  const paint: Paint = (format, text) => (color ? styleText(format, text, { validateStream: false }) : text)
  const found = results.tests.filter(({ verdict }) => verdict !== 'PASS').sort(byInterest)
  const left = found.length - testsShown
  const trials = trialsOfTest(results.attempts)
  const sections = [
    heatSection(results, { color, columns }),
    clusterSection(results.clusters, columns),
    ...(left > 0 ? [[`… ${count(left, 'more test')} in results.json`]] : []),
    ...found.slice(-testsShown).map((test) => testSection(test, trials, { paint, columns })),
    closing(results, paint),
  ]
  return `${sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    // A line may have been broken right before one.
    .map(withoutOrders)
    .join('\n\n')}\n`
}

function byInterest(a: TestVerdict, b: TestVerdict): number {
  return order.indexOf(a.verdict) - order.indexOf(b.verdict) || a.failed / a.runs - b.failed / b.runs
}

function heatSection({ attempts }: Results, options: { color: boolean; columns: number }): string[] {
  const map = heatMapOf(attempts.map((attempt) => ({ attempt, failed: hasFailed(attempt) })))
  if (!map) return []
  const knobs = [map.x, map.y].flatMap((axis) => (axis ? [shown(axis.knob)] : [])).join(' and ')
  return [`Failure rate by ${knobs}, of ${count(map.runs, 'run')}`, ...heatText(map, options)]
}

/** One that came once is no kind yet: it stands with its test. */
function clusterSection(clusters: readonly Cluster[], columns: number): string[] {
  const alike = clusters.filter(({ failures }) => failures > 1)
  if (alike.length === 0) return []
  const left = alike.length - clustersShown
  return [
    'Failures that are alike',
    ...alike
      .slice(0, clustersShown)
      .flatMap(({ failures, error, tests, knobs, cause }) => [
        ...indented([`${failures} × ${shown(error)}${cause ? ` (${cause.class})` : ''}`], columns),
        ...indented([`in ${someOf(tests.map(shown))}`], columns, 6),
        ...indented([`with ${someOf(knobWords(knobs))}`], columns, 6),
      ]),
    ...(left > 0 ? [`  … ${count(left, 'more kind')} in results.json`] : []),
  ]
}

/** The most frequent first. */
function knobWords(knobs: Cluster['knobs']): string[] {
  const sorted = Object.entries(knobs).sort(([, a], [, b]) => b - a)
  return sorted.map(([text, times]) => `${text === '' ? 'no knob' : shown(text)} (${times} ×)`)
}

function someOf(words: readonly string[]): string {
  return words.length <= 4 ? words.join(', ') : `${words.slice(0, 3).join(', ')} and ${words.length - 3} more`
}

function testSection(test: TestVerdict, trials: TrialsOfTest, { paint, columns }: { paint: Paint; columns: number }): string[] {
  const { verdict, recipe, cause } = test
  const title = [`${paint(['bold', verdictColours[verdict]], verdict)} ${rateWords(test)}`, paint('bold', testWords(test))]
  return [
    ...(plainLength(title[0] as string, title[1] as string) <= columns || columns >= 80 ? [title.join('  ')] : title),
    ...indented(firstFailure(test, trials), columns),
    ...effectLines(test, columns, paint),
    ...indented(cause ? [`${cause.class}: ${cause.evidence.map(shown).join(' ')}`] : whyNoCause(test), columns),
    ...(recipe ? [`  ${paint('cyan', reproCommand(test, recipe.text))}`, `    fails ${rateWords(recipe)}`] : []),
  ]
}

/** Where knobs were turned, and chance may have put the failures where they are. */
function whyNoCause({ verdict, baseline, failed, runs, effects }: TestVerdict): string[] {
  if (verdict !== 'FLAKY' || effects.length === 0 || effects.some(({ guilty }) => guilty)) return []
  const turned = `${failed - baseline.failed} of ${runs - baseline.runs} times with knobs turned`
  return [`No knob is known to matter: it failed ${turned}, and ${baseline.failed} of ${baseline.runs} times without.`]
}

function plainLength(...texts: string[]): number {
  return texts.reduce((sum, text) => sum + [...shown(text)].length + 2, 0)
}

/** Its message, and what it took where it had no time left. */
function firstFailure(test: TestVerdict, trials: TrialsOfTest): string[] {
  const first = trials(test).find(({ failure }) => failure !== null)
  if (!first?.failure) return []
  const { errors, killedBy } = first.failure
  const { wallMs, cpuMs } = first.attempt.result.usage
  const took = errors[0]?.isTimeout || killedBy === 'time' ? ` (${timeWords(wallMs)} wall, ${timeWords(cpuMs)} CPU)` : ''
  return [`${shown(failureWords(first.attempt, first.failure).split('\n')[0] as string)}${took}`]
}

/** Those that are guilty, and the worst of the others that have failures. */
function effectLines({ baseline, effects }: TestVerdict, columns: number, paint: Paint): string[] {
  const failing = effects.filter(({ failed }) => failed > 0).sort((a, b) => Number(b.guilty) - Number(a.guilty) || a.p - b.p)
  const kept = failing.filter(({ guilty }, at) => guilty || at < effectsShown)
  if (kept.length === 0) return []
  const rows = [{ name: 'baseline', words: rateWords(baseline), more: '' }, ...kept.map((effect) => effectRow(effect))]
  const short = rows.filter(({ name }) => name.length <= longName)
  const names = Math.max(...short.map(({ name }) => name.length))
  const words = Math.max(...rows.map((row) => row.words.length))
  const isNarrow = names + words + 30 > columns
  const left = effects.length - kept.length
  return [
    ...rows.flatMap((row) => {
      const paintName = (text: string) => (row.more.endsWith('guilty') ? paint('bold', text) : text)
      if (isNarrow) return [`  ${paintName(row.name)}`, `    ${row.words}`, ...(row.more ? [`    ${row.more}`] : [])]
      const figures = `${row.words.padEnd(words)}  ${row.more}`
      const isLong = row.name.length > longName
      return [
        ...(isLong ? [`  ${paintName(row.name)}`] : []),
        `  ${paintName((isLong ? '' : row.name).padEnd(names))}  ${figures}`.trimEnd(),
      ]
    }),
    ...(left > 0 ? [`  and ${count(left, 'other knob')} with fewer failures or none`] : []),
  ]
}

function effectRow(effect: KnobEffect): { name: string; words: string; more: string } {
  const { knobs, amplification, pCorrected, guilty } = effect
  return {
    name: shown(knobs),
    words: rateWords(effect),
    more: `${times(amplification)}, p ${chanceWords(pCorrected)}${guilty ? ', guilty' : ''}`,
  }
}

/** `12 × baseline` */
export function times(amplification: number): string {
  return `${Number(amplification.toPrecision(2))} × baseline`
}

/** `0.004`, `< 0.001` */
export function chanceWords(p: number): string {
  return p < 0.001 ? '< 0.001' : String(Number(p.toPrecision(2)))
}

function closing({ tests, attempts, seed, startedAt, finishedAt, endedEarly }: Results, paint: Paint): string[] {
  const of = (verdict: Verdict) => tests.filter((test) => test.verdict === verdict)
  const counts = [...order].reverse().flatMap((verdict) => {
    const { length } = of(verdict)
    return length === 0 ? [] : [paint(verdictColours[verdict], `${length} ${verdict}`)]
  })
  const failed = attempts.filter(hasFailed).length
  const passed = of('PASS')
  const runs = Math.min(...passed.map((test) => test.runs))
  const notTurned = new Map(attempts.flatMap(({ result }) => result.notTurned.map(({ knob, why }) => [knob, why] as const)))
  const took = timeWords(Date.parse(finishedAt) - Date.parse(startedAt))
  return [
    `Tests  ${counts.join(', ') || 'none'}`,
    `Runs   ${attempts.length}, ${failed} failed${attempts.length > 0 ? ` (${percent(failed / attempts.length)})` : ''}, in ${took}, seed ${seed}`,
    ...(endedEarly === null ? [] : [`It ended early: ${shown(endedEarly)}`]),
    ...(passed.length > 0 && runs > 0
      ? [
          `What passed did so in ${count(runs, 'run')} at least: its failure rate is below ${percent(upperBound(runs, 0.95))} (95 % confidence).`,
        ]
      : []),
    ...[...notTurned].map(([knob, why]) => `Not turned here: ${shown(knob)}, because ${shown(why)}`),
  ]
}

function indented(texts: readonly string[], columns: number, by = 2): string[] {
  return texts.flatMap((text) => wrapped(text, Math.max(20, columns - by)).map((line) => `${' '.repeat(by)}${line}`))
}

function wrapped(text: string, width: number): string[] {
  const lines = ['']
  for (const word of text.split(' ')) {
    const line = lines.at(-1) as string
    if (line === '') lines[lines.length - 1] = word
    else if (line.length + 1 + word.length <= width) lines[lines.length - 1] = `${line} ${word}`
    else lines.push(word)
  }
  return lines
}
