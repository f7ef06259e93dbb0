// A log for each attempt that failed: what a reader wants who has nothing else of it.

import { failureText, type Sources } from '../failure-text.ts'
import { printRecipe } from '../recipe.ts'
import { hasFailed } from '../repeat.ts'
import type { Attempt } from '../results.ts'
import { reproCommand } from '../test-id.ts'
import { shown, shownLines, sizeWords, testWords, timeWords } from './words.ts'

export interface FailureLog {
  name: string
  text: string
}

/** Names that earlier campaigns left in the directory may be told by it. */
export const logName: RegExp = /^\d{5,}-[\w.-]+\.log$/

export function failureLogs(attempts: readonly Attempt[], sources: Sources): FailureLog[] {
  return attempts.filter(hasFailed).map((attempt) => ({ name: logNameOf(attempt), text: logOf(attempt, sources) }))
}

/** Of what files are called anywhere, with nothing that leads out of the directory. */
export function logNameOf({ number, order }: Attempt): string {
  const slug = order.file
    .replaceAll(/[^\w.-]+/g, '-')
    .replace(/^[.-]+/, '')
    .slice(-80)
  return `${String(number).padStart(5, '0')}-${slug || 'file'}.log`
}

function logOf({ number, phase, order, result, startedAt }: Attempt, sources: Sources): string {
  const { file, project, knobs } = order
  const { wallMs, cpuMs, throttledMs, memoryPeakBytes } = result.usage
  const failed = result.tests.filter(({ state }) => state === 'failed')
  const [only] = failed
  const name = failed.length === 1 && only ? only.name : null
  const usage = [
    `${timeWords(wallMs)} wall, ${timeWords(cpuMs)} CPU`,
    ...(throttledMs ? [`held back for ${timeWords(throttledMs)}`] : []),
    ...(memoryPeakBytes === null ? [] : [`peak memory ${sizeWords(memoryPeakBytes)}`]),
  ]
  return shownLines(
    [
      `${testWords({ file, project, name: null })}: ${result.end}`,
      `attempt ${number} (${phase}), ${startedAt}`,
      usage.join(', '),
      reproCommand({ file, name }, printRecipe(knobs)),
      ...Object.entries(result.held).map(([limit, how]) => `${limit} held by ${shown(how)}`),
      ...result.notTurned.map(({ knob, why }) => `${knob} was not turned: ${shown(why)}`),
      '',
      failureText(file, result, sources),
      '',
      result.output === '' ? 'It printed nothing.' : `The last of what it printed:\n\n${result.output}`,
      '',
    ].join('\n'),
  )
}
