// Looks again at what failed: is it so, and what is the least that makes it fail.

import type { Target } from './attempt.ts'
import { failedAgain, type Hit } from './follow-up.ts'
import type { Knobs } from './knobs.ts'
import { testWords } from './output/words.ts'
import { printKnobs, printRecipe } from './recipe.ts'
import type { Attempt } from './results.ts'
import { confirm, shrink, type Try } from './shrink.ts'
import type { Counted } from './statistics.ts'

export interface AgainOptions {
  /** Attempts at once. */
  lanes: number
  isOver(): boolean
  make(phase: 'confirm' | 'shrink', target: Target, knobs: Knobs): Promise<Attempt>
}

/** Of each hit. */
const mostRuns = 80

/** In words what became of it; the figures are in the attempts. */
export async function lookAgain(hit: Hit, options: AgainOptions): Promise<string> {
  const test = testWords(hit)
  const again: string[] = []
  for (const knobs of hit.candidates) {
    const confirmed = await confirm(knobs, tries(hit, 'confirm', options))
    if (confirmed.failed > 0) {
      const limits = { lanes: options.lanes, runs: mostRuns }
      const { failed, runs, knobs: smallest } = await shrink({ knobs, ...confirmed }, tries(hit, 'shrink', options), limits)
      return `${test}: fails in ${failed} of ${runs} runs with ${printRecipe(smallest)}`
    }
    again.push(`${printKnobs(knobs) || 'no knob'} (0 of ${confirmed.runs})`)
    if (options.isOver()) break
  }
  return `${test}: failed, and not again when tried with ${again.join(', ')}`
}

function tries(hit: Hit, phase: 'confirm' | 'shrink', { lanes, isOver, make }: AgainOptions): Try {
  return async (knobs: Knobs, runs: number): Promise<Counted> => {
    const outcomes: boolean[] = []
    let left = runs
    const lane = async () => {
      while (left > 0 && !isOver()) {
        left--
        const failed = failedAgain(hit, await make(phase, { file: hit.file, project: hit.project }, knobs))
        if (failed !== null) outcomes.push(failed)
      }
    }
    await Promise.all(Array.from({ length: Math.min(runs, lanes) }, lane))
    return { failed: outcomes.filter(Boolean).length, runs: outcomes.length }
  }
}
