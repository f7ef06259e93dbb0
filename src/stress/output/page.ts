// One page with everything, in one file that needs no network. All that comes from tests is escaped (page/html.ts), and what would get
// through could not run: the page's own script is the only one that its policy knows.

import { createHash } from 'node:crypto'
import { shellWord } from '../../quoted.ts'
import { hasFailed } from '../repeat.ts'
import type { Attempt, Results } from '../results.ts'
import { printTestId } from '../test-id.ts'
import { heatMapOf } from './heat-map.ts'
import { clusterSection, failureSection } from './page/failures.ts'
import { heatSection, type NamedMap } from './page/heat.ts'
import { copyable, Html, html } from './page/html.ts'
import { knobSection } from './page/knobs.ts'
import { plotSection } from './page/plots.ts'
import { script } from './page/script.ts'
import { style } from './page/style.ts'
import { byVerdict, headline, testPart, testTable } from './page/tests.ts'
import { type TrialsOfTest, trialsOfTest } from './trials-of-test.ts'
import { count, percent, sizeWords, timeWords } from './words.ts'

/** One for each test that failed would be too many to choose from. */
const mapsShown = 20

export function pageOf(results: Results): string {
  const { attempts, clusters } = results
  const trials = trialsOfTest(attempts)
  const tests = byVerdict(results.tests)
  const parts = tests.flatMap((test, index) => (test.verdict === 'PASS' ? [] : [testPart(test, index, trials)]))
  const sections: [string, string, Html | undefined | false][] = [
    ['tests', 'Tests', testTable(tests)],
    ['found', 'What fails', parts.length > 0 && html`<section id="found"><h2>What fails</h2>${parts}</section>`],
    ['heat', 'Heat map', heatSection(mapsOf(results, trials))],
    ['plots', 'Plots', plotSection(attempts)],
    ['clusters', 'Alike', clusterSection(clusters)],
    ['knobs', 'By knob', knobSection(attempts)],
    ['failures', 'Every failure', failureSection(attempts)],
  ]
  const there = sections.filter(([, , content]) => content)
  const title = headline(results)
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:; script-src '${hashOf(script)}'">
<title>${title} – nsbox stress</title>
<link rel="icon" href="data:,">
<style>${new Html(style)}</style>
</head>
<body>
<header class="top">
<p class="eyebrow">nsbox stress, ${results.startedAt.slice(0, 16).replace('T', ' ')} UTC</p>
<h1>${title}</h1>
${tiles(results)}
${notices(results)}
<nav aria-label="Parts of this page">${there.map(([id, name]) => html`<a href="#${id}">${name}</a>`)}</nav>
</header>
<main>
${there.map(([, , content]) => content)}
</main>
${foot(results)}
<p id="said" class="hidden" role="status"></p>
<script>${new Html(script)}</script>
</body>
</html>
`.text
}

function hashOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`
}

function mapsOf({ attempts, tests }: Results, trials: TrialsOfTest): NamedMap[] {
  const all = heatMapOf(attempts.map((attempt) => ({ attempt, failed: hasFailed(attempt) })))
  if (!all) return []
  const failing = byVerdict(tests).filter(({ verdict }) => verdict !== 'PASS')
  const each = failing.slice(0, mapsShown).flatMap((test) => {
    const map = heatMapOf(trials(test).map(({ attempt, failure }) => ({ attempt, failed: failure !== null })))
    return map ? [{ title: printTestId(test), map }] : []
  })
  return [{ title: 'all tests', map: all }, ...(each.length > 1 ? each : [])]
}

function tiles({ attempts, tests, startedAt, finishedAt }: Results): Html {
  const failed = attempts.filter(hasFailed).length
  const files = new Set(tests.map(({ file, project }) => `${project}\n${file}`)).size
  const cpuMs = attempts.reduce((sum, { result }) => sum + result.usage.cpuMs, 0)
  const tile = (name: string, value: string | number, more: string) =>
    html`<div><dt>${name}</dt><dd>${value} <small>${more}</small></dd></div>`
  return html`<dl class="tiles">
${tile('Runs', attempts.length, attempts.length === 0 ? 'none' : phasesOf(attempts))}
${tile('Failed runs', failed, attempts.length === 0 ? '–' : percent(failed / attempts.length))}
${tile('Tests', tests.filter(({ name }) => name !== null).length, `in ${count(files, 'file')}`)}
${tile('Took', timeWords(Date.parse(finishedAt) - Date.parse(startedAt)), `${timeWords(cpuMs)} of CPU time`)}
</dl>`
}

/** `5 baseline, 120 grid` */
function phasesOf(attempts: readonly Attempt[]): string {
  return [...Map.groupBy(attempts, ({ phase }) => phase)].map(([phase, { length }]) => `${length} ${phase}`).join(', ')
}

function notices({ attempts, endedEarly }: Results): Html {
  const notTurned = new Map(attempts.flatMap(({ result }) => result.notTurned.map(({ knob, why }) => [knob, why] as const)))
  return html`${endedEarly !== null && html`<p class="notice">It ended early: ${endedEarly}.</p>`}${[...notTurned].map(
    ([knob, why]) => html`<p class="notice">${knob} was not turned here: ${why}</p>`,
  )}`
}

function foot({ nsbox, node, vitest, machine, command, seed, shard }: Results): Html {
  const { cpus, memoryBytes, kernel } = machine
  return html`<footer><p>nsbox ${nsbox}, vitest ${vitest}, Node ${node.replace(/^v/, '')}. ${count(cpus, 'processor')}, ${sizeWords(memoryBytes)}, Linux ${kernel}. Seed ${seed}${shard && `, shard ${shard.index} of ${shard.count}`}.</p>
${copyable(['nsbox', ...command].map(shellWord).join(' '))}</footer>`
}
