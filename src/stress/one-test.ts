// Which tests of a file run for the name that was given: known when the file has run once.

import { inQuotes } from '../quoted.ts'
import type { AttemptResult } from './attempt.ts'
import { asArgument, suitePattern, testPattern } from './test-id.ts'

/** Undefined for all tests of the file. */
export function patternOf(name: string | null): string | undefined {
  return name === null ? undefined : testPattern(name)
}

/** What came of one test, or of the tests of a suite, in a run of the whole file. What ended the file ended them too. */
export function resultOf(result: AttemptResult, name: string): AttemptResult {
  const tests = result.tests.filter((test) => isNamed(test, name) || isInSuite(test, name))
  if (result.end === 'killed') return result
  // There is none of that name, which is as if it had left all others out.
  if (tests.length === 0) {
    const others = result.tests.map((test) => ({ ...test, state: 'skipped' as const }))
    return { ...result, tests: others, end: result.errors.length > 0 ? 'failed' : 'passed' }
  }
  const hasFailed = tests.some(({ state }) => state === 'failed') || result.errors.length > 0
  return { ...result, tests, end: hasFailed ? 'failed' : 'passed' }
}

export type Chosen =
  /** It ran, or did not get so far. */
  | { is: 'run' }
  /** It is a suite, whose tests have this pattern. */
  | { is: 'suite'; pattern: string }
  /** In words. */
  | { is: 'nothing'; why: string }

/** After the file's first run, with the pattern of {@link patternOf}. */
export function chosenBy({ end, tests }: Pick<AttemptResult, 'end' | 'tests'>, name: string | null): Chosen {
  if (end !== 'passed' || tests.some(({ state }) => state !== 'skipped')) return { is: 'run' }
  const names = tests.map((test) => test.name)
  if (name === null) return { is: 'nothing', why: names.length === 0 ? 'there are no tests in it' : 'all its tests are skipped' }
  if (tests.some((test) => isInSuite(test, name))) return { is: 'suite', pattern: suitePattern(name) }
  if (tests.some((test) => isNamed(test, name))) return { is: 'nothing', why: `the test ${inQuotes(name)} is skipped in its file` }
  const some = names.slice(0, shown).map((one) => inQuotes(one))
  const more = names.length > shown ? `, and ${names.length - shown} more` : ''
  return { is: 'nothing', why: `it has no test ${inQuotes(name)}; it has ${some.join(', ') || 'none'}${more}` }
}

const shown = 10

function isNamed(test: { name: string }, name: string): boolean {
  return asArgument(test.name) === asArgument(name)
}

function isInSuite(test: { name: string }, suite: string): boolean {
  return asArgument(test.name).startsWith(`${asArgument(suite)} > `)
}
