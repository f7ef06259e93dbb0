// Failures that are alike, and each failure with its stack and recipe.

import { printKnobs, printRecipe } from '../../recipe.ts'
import type { Attempt, Cluster } from '../../results.ts'
import { reproCommand } from '../../test-id.ts'
import { type Trial, type Trials, trialsOf } from '../../trials.ts'
import { logNameOf } from '../failure-logs.ts'
import { count, failureWords, sizeWords, testWords, timeWords } from '../words.ts'
import { copyable, type Html, html } from './html.ts'
import { breakable } from './tests.ts'

/** A page that a phone can still open. */
const failuresShown = 300
/** Characters of what a worker printed; the log has more. */
const outputShown = 3000

export function clusterSection(clusters: readonly Cluster[]): Html | undefined {
  if (clusters.length === 0) return undefined
  return html`<section id="clusters"><h2>Failures that are alike</h2>
${clusters.map(
  ({ id, error, signature, failures, tests, knobs, cause }) => html`<article class="card cluster" id="cluster-${id}">
<header><span class="times">${failures} ×</span><h3><code>${error.split('\n')[0]}</code></h3></header>
<dl><dt>Tests</dt><dd><ul>${tests.map((test) => html`<li>${test}</li>`)}</ul></dd>
<dt>Knobs</dt><dd class="pills">${Object.entries(knobs)
    .sort(([, a], [, b]) => b - a)
    .map(([text, times]) => html`<span class="pill"><code>${text === '' ? 'baseline' : text}</code> ${times} ×</span> `)}</dd>
${cause && html`<dt>Cause</dt><dd>${cause.class}: ${cause.evidence.join(' ')}</dd>`}</dl>
<details><summary>What they share</summary><pre tabindex="0">${signature}</pre></details>
</article>
`,
)}</section>`
}

export function failureSection(attempts: readonly Attempt[]): Html | undefined {
  const all = trialsOf(attempts)
    .flatMap((test) => test.trials.flatMap((trial) => (trial.failure ? [{ test, trial }] : [])))
    .sort((a, b) => a.trial.attempt.number - b.trial.attempt.number)
  if (all.length === 0) return undefined
  const shown = all.slice(0, failuresShown)
  return html`<section id="failures"><h2>Every failure</h2>
${shown.map(({ test, trial }) => failureOf(test, trial))}
${all.length > shown.length && html`<p class="soft">and ${count(all.length - shown.length, 'more')}: their logs and results.json have them.</p>`}</section>`
}

function failureOf(test: Trials, { attempt, failure }: Trial): Html {
  const { number, phase, order, result } = attempt
  if (!failure) return html``
  const { wallMs, cpuMs, memoryPeakBytes } = result.usage
  const facts = [
    phase === 'confirm' || phase === 'shrink' ? phase : `run ${number}, ${phase}`,
    `${timeWords(wallMs)} wall`,
    `${timeWords(cpuMs)} CPU`,
    ...(memoryPeakBytes === null ? [] : [`${sizeWords(memoryPeakBytes)} peak`]),
  ]
  const knobs = printKnobs(order.knobs)
  return html`<details class="failure" data-text="${testWords(test).toLowerCase()}">
<summary><span class="message">${failureWords(attempt, failure).split('\n')[0]}</span><span class="place">${testWords(test)}</span><span class="pill"><code>${knobs === '' ? 'baseline' : breakable(knobs)}</code></span></summary>
<p class="soft">${facts.join(' · ')} · <a href="failures/${encodeURIComponent(logNameOf(attempt))}">log</a></p>
${copyable(reproCommand(test, printRecipe(order.knobs)))}
${result.caps.map(({ words }) => html`<p>${words}</p>`)}
${failure.errors.map(
  ({ stack, message, diff }) =>
    html`<pre tabindex="0">${stack || message}</pre>${diff && html`<pre class="diff" tabindex="0">${diffLines(diff)}</pre>`}`,
)}
${result.output !== '' && html`<h4>The last of what it printed</h4><pre tabindex="0">${result.output.slice(-outputShown)}</pre>`}
</details>
`
}

/** With vitest's colours. */
function diffLines(diff: string): Html[] {
  return diff.split('\n').map((line) => {
    const kind = line.startsWith('-') ? 'expected' : line.startsWith('+') ? 'received' : ''
    return html`<span class="${kind}">${line}</span>\n`
  })
}
