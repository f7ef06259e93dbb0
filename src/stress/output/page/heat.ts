// The heat map, as a table whose cells have a colour: for all tests, and for each that failed.

import type { Rate } from '../../results.ts'
import type { HeatMap } from '../heat-map.ts'
import { count, intervalWords, percent } from '../words.ts'
import { type Html, html } from './html.ts'

export interface NamedMap {
  title: string
  map: HeatMap
}

export function heatSection(maps: readonly NamedMap[]): Html | undefined {
  const [first] = maps
  if (!first) return undefined
  const { x, y } = first.map
  return html`<section id="heat">
<h2>Failure rate by ${x.knob === 'cpu' ? 'CPU' : x.knob}${y && ` and ${y.knob}`}</h2>
${maps.length > 1 && html`<p><label>Of <select id="heat-of">${maps.map(({ title }, at) => html`<option value="${at}">${title}</option>`)}</select></label></p>`}
${maps.map(({ title, map }, at) => html`<div class="scroll heat-map" data-heat="${at}"${at > 0 && html` hidden`} tabindex="0" role="region" aria-label="Heat map of ${title}">${heatTable(title, map)}</div>`)}
<p class="legend soft" aria-hidden="true">0 % <span class="ramp"></span> 100 % of runs failed</p>
</section>`
}

function heatTable(title: string, { x, y, rows, runs }: HeatMap): Html {
  const labels = y?.labels ?? ['']
  // As in a plot, the origin is below on the left.
  const order = labels.map((_, at) => at).reverse()
  const line = (at: number) => html`<tr>${y && html`<th scope="row">${labels[at]}</th>`}${rows[at]?.map(cell)}</tr>`
  const across = html`<tr>${y && html`<td></td>`}${x.labels.map((label) => html`<th scope="col">${label}</th>`)}</tr>`
  return html`<table class="heat"><caption class="hidden">Failure rate of ${title} by ${x.title}${y && ` across and ${y.title} down`}, of ${count(runs, 'run')}</caption>
<tbody>${order.map(line)}${across}</tbody></table>
<p class="axes soft">${y && html`↑ ${y.title} &nbsp; `}→ ${x.title}</p>`
}

function cell(rate: Rate | undefined): Html {
  if (!rate) return html`<td class="none">·</td>`
  const { failed, runs, interval } = rate
  const heat = failed / runs
  return html`<td style="--heat:${heat.toFixed(3)}" class="${heat > 0.72 ? 'hot' : 'cool'}" title="${failed} of ${runs} failed, ${intervalWords(interval)}"><b>${percent(heat)}</b><span>${failed}/${runs}</span></td>`
}
