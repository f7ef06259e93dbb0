// What a job of GitHub Actions shows: annotations beside the code, and a summary of the step.
// https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands

import { isAbsolute, join, relative } from 'node:path'
import type { Results, TestVerdict } from '../results.ts'
import { reproCommand } from '../test-id.ts'
import { count, intervalWords, percent, rateWords, shown, shownLines, testWords, timeWords } from './words.ts'

/** GitHub shows ten of a step, and drops the others. */
const mostAnnotations = 10
/** Of all that a step writes, in bytes: more is refused as a whole. */
const mostSummary = 1024 ** 2

/** Lines for standard output. Files are told relative to the repository's checkout. */
export function annotationsOf({ tests }: Results, root: string, env: NodeJS.ProcessEnv): string[] {
  const checkout = env['GITHUB_WORKSPACE'] || root
  return worstFirst(tests)
    .slice(0, mostAnnotations)
    .map((test) => {
      const properties = {
        file: shown(fileIn(checkout, root, test.file)),
        ...(test.line !== null && { line: String(test.line) }),
        title: `${test.verdict} ${rateWords(test)}`,
      }
      const words = Object.entries(properties).map(([name, value]) => `${name}=${escapedProperty(value)}`)
      return `::error ${words.join(',')}::${escapedData(messageOf(test))}`
    })
}

function fileIn(checkout: string, root: string, file: string): string {
  const path = relative(checkout, isAbsolute(file) ? file : join(root, file))
  return path.startsWith('../') ? file : path
}

function messageOf(test: TestVerdict): string {
  const cause = test.cause ? `\n${test.cause.class}: ${test.cause.evidence.map(shown).join(' ')}` : ''
  const repro = test.recipe ? `\n${reproCommand(test, test.recipe.text)}` : ''
  return shownLines(`${testWords(test)}${cause}${repro}`)
}

function escapedData(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
}

function escapedProperty(text: string): string {
  return escapedData(text).replaceAll(':', '%3A').replaceAll(',', '%2C')
}

/** Markdown, for GITHUB_STEP_SUMMARY, which may hold so many bytes already. Empty where there is no room. */
export function summaryOf(results: Results, taken = 0): string {
  const { tests, attempts, seed, startedAt, finishedAt, endedEarly } = results
  const found = worstFirst(tests)
  const took = timeWords(Date.parse(finishedAt) - Date.parse(startedAt))
  const early = endedEarly === null ? '' : ` It ended early: ${cell(endedEarly)}.`
  const head = [
    `### nsbox stress: ${found.length === 0 ? `${count(tests.length, 'test')}, all stable` : `${found.length} of ${count(tests.length, 'test')} failed`}`,
    '',
    `${count(attempts.length, 'run')} in ${took}, seed ${seed}.${early}`,
  ]
  const table = ['', '| verdict | rate | 95 % | test | likely cause | again by |', '| --- | --- | --- | --- | --- | --- |']
  const rows = found.map(rowOf)
  const left = (more: number) => (more === 0 ? [] : ['', `and ${more} more: the page and results.json have them.`])
  // What is left out is told, and that needs room too.
  const room = mostSummary - taken - bytes([...head, ...table, ...left(rows.length), '']) - 1
  if (room < 0) return ''
  const kept: string[] = []
  for (let size = 0; kept.length < rows.length; kept.push(rows[kept.length] as string)) {
    size += bytes([rows[kept.length] as string, ''])
    if (size > room) break
  }
  return [...head, ...(found.length === 0 ? [] : [...table, ...kept, ...left(rows.length - kept.length)]), ''].join('\n')
}

function rowOf(test: TestVerdict): string {
  const { verdict, failed, runs, interval, cause, recipe } = test
  const rate = runs === 0 ? '' : percent(failed / runs)
  const repro = recipe ? code(reproCommand(test, recipe.text)) : ''
  return `| ${verdict} | ${failed}/${runs}, ${rate} | ${intervalWords(interval)} | ${code(testWords(test))} | ${cause ? cell(cause.class) : ''} | ${repro} |`
}

/** In a table, where `|` ends a cell even between backticks (GitHub Flavored Markdown, 4.10). */
function code(text: string): string {
  return `<code>${cell(text)}</code>`
}

function cell(text: string): string {
  return shown(text).replaceAll(/[&<>|`*_[\]\\~#@$:]/g, (one) => `&#${one.charCodeAt(0)};`)
}

function bytes(lines: readonly string[]): number {
  return Buffer.byteLength(lines.join('\n'))
}

export function worstFirst(tests: readonly TestVerdict[]): TestVerdict[] {
  return tests.filter(({ verdict }) => verdict !== 'PASS').sort((a, b) => b.failed / b.runs - a.failed / a.runs)
}
