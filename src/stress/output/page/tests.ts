// The table of all tests, and a part for each that failed.

import type { KnobEffect, Results, TestVerdict, Verdict } from '../../results.ts'
import { reproCommand } from '../../test-id.ts'
import { chanceWords, times } from '../report.ts'
import type { TrialsOfTest } from '../trials-of-test.ts'
import { count, failureWords, rateWords, testWords, timeWords } from '../words.ts'
import { copyable, type Html, html } from './html.ts'
import { anchorOf, badge, intervalMark, rateCell } from './marks.ts'

/** The most urgent first. */
const ranks: Record<Verdict, number> = { FLAKY: 0, BUDGET: 1, KILLED: 2, BROKEN: 3, PASS: 4 }
const effectsShown = 5

export function byVerdict(tests: readonly TestVerdict[]): TestVerdict[] {
  return tests.toSorted((a, b) => ranks[a.verdict] - ranks[b.verdict] || b.failed / b.runs - a.failed / a.runs)
}

export function testTable(tests: readonly TestVerdict[]): Html {
  const counts = Map.groupBy(tests, ({ verdict }) => verdict)
  const chips = [...counts].map(
    ([verdict, those]) =>
      html`<button type="button" class="chip" data-verdict="${verdict}" aria-pressed="true">${badge(verdict)} ${those.length}</button>`,
  )
  const head = (key: string, text: string, order: string) =>
    html`<th scope="col" aria-sort="${key === 'verdict' ? 'ascending' : 'none'}"><button type="button" data-sort="${key}" data-first="${order}">${text}</button></th>`
  return html`<section id="tests">
<h2>Tests</h2>
<div class="controls">
<label class="search"><span class="hidden">Show tests whose name has</span><input type="search" id="filter" placeholder="Filter by name or file" autocomplete="off"></label>
<div class="chips" role="group" aria-label="Verdicts that are shown">${chips}</div>
<output id="shown" class="soft" for="filter">${count(tests.length, 'test')}</output>
</div>
<table class="tests">
<thead><tr>${head('verdict', 'Verdict', 'ascending')}${head('name', 'Test', 'ascending')}${head('rate', 'Failure rate', 'descending')}${head('cause', 'Likely cause', 'ascending')}</tr></thead>
<tbody>${tests.map(testRow)}</tbody>
</table>
</section>`
}

function testRow(test: TestVerdict, index: number): Html {
  const { file, line, verdict, cause, failed, runs } = test
  const name = test.name === null ? html`<span class="soft">the file as a whole</span>` : test.name
  const title = verdict === 'PASS' ? html`<span class="name">${name}</span>` : html`<a class="name" href="#${anchorOf(index)}">${name}</a>`
  return html`<tr data-verdict="${verdict}" data-text="${testWords(test).toLowerCase()}">
<td data-key="${ranks[verdict]}">${badge(verdict)}</td>
<th scope="row" data-key="${testWords(test)}">${title}<span class="place">${placeOf(test.project, file, line)}</span></th>
<td data-key="${runs === 0 ? 0 : failed / runs}" class="wide">${intervalMark(test)} ${rateCell(test)}</td>
<td data-key="${cause?.class ?? '~'}">${cause?.class ?? html`<span class="soft none">–</span>`}</td>
</tr>
`
}

function placeOf(project: string, file: string, line: number | null): string {
  return `${project === '' ? '' : `[${project}] `}${file}${line === null ? '' : `:${line}`}`
}

/** `index` is the one of its row. */
export function testPart(test: TestVerdict, index: number, trials: TrialsOfTest): Html {
  const { verdict, recipe, cause, file, line, project } = test
  return html`<article class="card" id="${anchorOf(index)}" data-verdict="${verdict}" data-text="${testWords(test).toLowerCase()}">
<header>${badge(verdict)}<h3>${test.name ?? 'The file as a whole'}</h3><p class="place">${placeOf(project, file, line)}</p>
<p class="figure">${intervalMark(test)} ${rateCell(test)}</p></header>
${firstFailure(test, trials)}
${recipe && html`<div class="repro"><h4>Make it fail</h4>${copyable(reproCommand(test, recipe.text))}<p class="soft">This recipe failed ${rateWords(recipe)}.</p></div>`}
${cause && html`<div class="cause"><h4>Likely cause: ${cause.class}</h4><ul>${cause.evidence.map((sentence) => html`<li>${sentence}</li>`)}</ul></div>`}
${effectTable(test)}
</article>
`
}

function firstFailure(test: TestVerdict, trials: TrialsOfTest): Html | undefined {
  const first = trials(test).find(({ failure }) => failure !== null)
  if (!first?.failure) return undefined
  const { wallMs, cpuMs } = first.attempt.result.usage
  const late = first.failure.errors[0]?.isTimeout || first.failure.killedBy === 'time'
  return html`<p class="message"><code>${failureWords(first.attempt, first.failure).split('\n')[0]}</code>${late && html` <span class="soft">after ${timeWords(wallMs)} wall, ${timeWords(cpuMs)} CPU</span>`}</p>`
}

function effectTable({ baseline, effects }: TestVerdict): Html | undefined {
  if (effects.length === 0) return undefined
  const telling = effects.filter(({ failed, guilty }, at) => guilty || (failed > 0 && at < effectsShown))
  const others = effects.filter((effect) => !telling.includes(effect))
  const head = html`<thead><tr><th scope="col">Knobs</th><th scope="col">Failure rate</th><th scope="col" class="number">Against baseline</th><th scope="col" class="number"><abbr title="Chance of so many failures at the baseline's rate, corrected for all knobs that were tried">p</abbr></th></tr></thead>`
  const base = html`<tr><th scope="row">baseline</th><td class="wide">${intervalMark(baseline)} ${rateCell(baseline)}</td><td class="number soft">1 ×</td><td class="number"></td></tr>`
  return html`<div class="effects"><h4>What knobs did to it</h4>
<table class="knobs">${head}<tbody>${base}${telling.map(effectRow)}</tbody></table>
${others.length > 0 && html`<details><summary>${count(others.length, 'more combination')} of knobs</summary><table class="knobs">${head}<tbody>${others.map(effectRow)}</tbody></table></details>`}</div>`
}

function effectRow(effect: KnobEffect): Html {
  const { knobs, guilty, amplification, pCorrected } = effect
  return html`<tr${guilty ? html` class="guilty"` : ''}><th scope="row"><code>${breakable(knobs)}</code>${guilty && html` <span class="badge guilty">guilty</span>`}</th><td class="wide">${intervalMark(effect)} ${rateCell(effect)}</td><td class="number">${times(amplification).replace(' baseline', '')}</td><td class="number">${chanceWords(pCorrected)}</td></tr>`
}

/** A line may end after each knob. */
export function breakable(knobs: string): Html {
  return html`${knobs.split(',').map((knob, at) => html`${at > 0 && html`,<wbr>`}${knob}`)}`
}

export function headline({ tests }: Results): string {
  const found = (Object.keys(ranks) as Verdict[]).flatMap((verdict) => {
    const { length } = tests.filter((test) => test.verdict === verdict)
    return verdict === 'PASS' || length === 0 ? [] : [`${length} ${words[verdict]}`]
  })
  if (tests.length === 0) return 'No test ran'
  const all = count(tests.filter(({ name }) => name !== null).length, 'test')
  return found.length === 0 ? `${all}, all stable` : `${found.join(', ')} of ${all}`
}

const words: Record<Verdict, string> = { FLAKY: 'flaky', BUDGET: 'out of time', KILLED: 'killed', BROKEN: 'broken', PASS: 'stable' }
