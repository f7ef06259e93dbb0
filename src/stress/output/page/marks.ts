// Small things that several parts of the page show.

import type { Rate, Verdict } from '../../results.ts'
import { intervalWords, percent } from '../words.ts'
import { type Html, html } from './html.ts'

export function badge(verdict: Verdict): Html {
  return html`<span class="badge ${verdict.toLowerCase()}">${verdict}</span>`
}

/** A rate and its interval on a line from 0 to 100 %. */
export function intervalMark({ failed, runs, interval: [low, high] }: Rate): Html {
  const at = (fraction: number) => (5 + fraction * 90).toFixed(1)
  if (runs === 0)
    return html`<svg class="interval" viewBox="0 0 100 12" aria-hidden="true"><line x1="5" x2="95" y1="6" y2="6" class="axis"/></svg>`
  return html`<svg class="interval" viewBox="0 0 100 12" aria-hidden="true"><line x1="5" x2="95" y1="6" y2="6" class="axis"/><line x1="${at(low)}" x2="${at(high)}" y1="6" y2="6" class="span"/><circle cx="${at(failed / runs)}" cy="6" r="3.5" class="${failed > 0 ? 'bad' : 'good'}"/></svg>`
}

/** `3 of 20` and, smaller, the rate with its interval. */
export function rateCell(rate: Rate): Html {
  if (rate.runs === 0) return html`<span class="soft">never run</span>`
  const { failed, runs, interval } = rate
  return html`<span class="rate"><b>${percent(failed / runs)}</b> <span class="soft">${intervalWords(interval)}</span></span> <span class="soft nowrap">${failed} of ${runs}</span>`
}

/** Of an element, for the script to find it again. */
export function anchorOf(index: number): string {
  return `test-${index}`
}
