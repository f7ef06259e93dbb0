// junit.xml, in the words of Maven Surefire for tests that were run again, which Jenkins, GitLab and others read:
// https://maven.apache.org/surefire/maven-surefire-plugin/examples/rerun-failing-tests.html

import { stripVTControlCharacters } from 'node:util'
import { printRecipe } from '../recipe.ts'
import type { Attempt, Results, TestVerdict } from '../results.ts'
import { reproCommand } from '../test-id.ts'
import type { Failure, Trial } from '../trials.ts'
import { type TrialsOfTest, trialsOfTest } from './trials-of-test.ts'
import { failureWords, rateWords } from './words.ts'

/** Of one test. Readers of this file keep all of it in memory. */
const failuresShown = 20
/** Characters of what a worker printed, of each failure. */
const outputShown = 4096

export function junitOf(results: Results): string {
  const files = Map.groupBy(results.tests, ({ project, file }) => (project === '' ? file : `[${project}] ${file}`))
  const trials = trialsOfTest(results.attempts)
  const suites = [...files].map(([name, tests]) => suiteOf(name, tests, results, trials))
  const attributes = { name: 'nsbox stress', ...sums(results.tests), time: secondsBetween(results) }
  return `<?xml version="1.0" encoding="UTF-8"?>\n${element('testsuites', attributes, suites.join(''))}`
}

function suiteOf(name: string, tests: readonly TestVerdict[], results: Results, trials: TrialsOfTest): string {
  const properties = { seed: results.seed, nsbox: results.nsbox, vitest: results.vitest, node: results.node }
  const cases = tests.map((test) => caseOf(name, test, trials(test)))
  return element(
    'testsuite',
    { name, ...sums(tests), time: cases.reduce((sum, { seconds }) => sum + seconds, 0), timestamp: results.startedAt },
    [
      element(
        'properties',
        {},
        Object.entries(properties)
          .map(([key, value]) => element('property', { name: key, value }))
          .join(''),
      ),
      ...cases.map(({ xml }) => xml),
    ].join(''),
  )
}

function sums(tests: readonly TestVerdict[]): Record<string, number> {
  const among = (kind: 'failure' | 'error') => tests.filter((test) => kindOf(test) === kind).length
  return { tests: tests.length, failures: among('failure'), errors: among('error'), skipped: 0 }
}

/** What passes at times is a test that passed, with its failures beside it. */
function kindOf({ verdict, failed, runs }: TestVerdict): 'failure' | 'error' | undefined {
  if (verdict === 'BROKEN') return 'failure'
  return verdict === 'KILLED' && failed === runs ? 'error' : undefined
}

function caseOf(classname: string, test: TestVerdict, trials: readonly Trial[]): { xml: string; seconds: number } {
  const failures = trials.flatMap(({ attempt, failure }) => (failure ? [shownFailure(attempt, failure)] : []))
  const [first, ...again] = failures.slice(0, failuresShown)
  const kind = kindOf(test)
  const children =
    first === undefined
      ? ''
      : kind === undefined
        ? [first, ...again].map((one) => rerun(one.isKilled ? 'flakyError' : 'flakyFailure', one)).join('')
        : element(kind, { message: first.message, type: first.type }, textOf(first.stack)) +
          again.map((one) => rerun(kind === 'failure' ? 'rerunFailure' : 'rerunError', one)).join('')
  const repro = test.recipe === null ? '' : `\n${reproCommand(test, test.recipe.text)}`
  const said = test.verdict === 'PASS' ? '' : element('system-out', {}, textOf(`${test.verdict} ${rateWords(test)}${repro}`))
  const seconds = trials.reduce((sum, { attempt }) => sum + durationOf(attempt, test), 0) / 1000
  return {
    xml: element('testcase', { classname, name: test.name ?? classname, time: seconds, file: test.file, line: test.line }, children + said),
    seconds,
  }
}

interface ShownFailure {
  attempt: Attempt
  message: string
  type: string
  stack: string
  isKilled: boolean
}

function rerun(name: string, { attempt, message, type, stack }: ShownFailure): string {
  const said = `${printRecipe(attempt.order.knobs)}\n${attempt.result.output.slice(-outputShown)}`
  return element(name, { message, type }, element('stackTrace', {}, textOf(stack)) + element('system-out', {}, textOf(said)))
}

function shownFailure(attempt: Attempt, failure: Failure): ShownFailure {
  const isKilled = failure.killedBy !== null
  const message = failureWords(attempt, failure)
  const stack = failure.errors.map((error) => error.stack || error.message).join('\n\n') || message
  return { attempt, message, type: isKilled ? 'Killed' : failure.errors[0]?.name || 'Error', stack, isKilled }
}

function durationOf({ result }: Attempt, { name }: TestVerdict): number {
  return name === null ? result.usage.wallMs : (result.tests.find((one) => one.name === name)?.durationMs ?? 0)
}

function secondsBetween({ startedAt, finishedAt }: Results): number {
  return (Date.parse(finishedAt) - Date.parse(startedAt)) / 1000
}

function element(name: string, attributes: Record<string, string | number | null>, content = ''): string {
  const words = Object.entries(attributes).flatMap(([key, value]) => (value === null ? [] : [` ${key}="${attributeOf(value)}"`]))
  const [before, after] = content.startsWith('<') ? ['\n', ''] : ['', '']
  return content === '' ? `<${name}${words.join('')}/>\n` : `<${name}${words.join('')}>${before}${content}${after}</${name}>\n`
}

/** Line feeds of attributes would be read as blanks (XML 1.0, 3.3.3). */
function attributeOf(value: string | number): string {
  if (typeof value === 'number') return String(Number(value.toFixed(3)))
  return textOf(value).replaceAll('"', '&quot;').replaceAll('\n', '&#10;')
}

function textOf(text: string): string {
  return xmlCharacters(text).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('\r', '&#13;')
}

/** What XML 1.0 has no way to write, not even as a reference (2.2): other control characters, halves of pairs, U+FFFE and U+FFFF. */
const notInXml = /[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu

function xmlCharacters(text: string): string {
  return stripVTControlCharacters(text).replaceAll(notInXml, (one) => `\\u${(one.codePointAt(0) as number).toString(16).padStart(4, '0')}`)
}
