// A failure as vitest shows it: the message, what differs, and the place in the source.

import { inQuotes } from '../quoted.ts'
import type { AttemptError, AttemptResult, TestResult } from './attempt.ts'
import { shown, shownLines } from './output/words.ts'
import { type Frame, framesOf } from './stack-frames.ts'
import { printTestId } from './test-id.ts'

export interface Sources {
  /** Real path of vitest's root: places below it are told relative to it. */
  root: string
  /** Of a file below the root; undefined where it cannot be read. */
  read(path: string): string | undefined
}

/** What of a failure is shown in a colour of its own. */
export type Paint = (part: 'label' | 'message' | 'expected' | 'received' | 'place' | 'source', text: string) => string

/** All failures of an attempt; of one that was killed, at least what killed it; and the last that it printed. */
export function failureText(file: string, result: AttemptResult, sources: Sources, paint: Paint = (_, text) => text): string {
  const { tests, errors, caps, output } = result
  const failed = tests.filter(({ state }) => state === 'failed')
  const blocks = [
    ...failed.flatMap((test) => block(printTestId({ file, name: test.name }), test.errors, sources, paint)),
    ...(errors.length > 0 ? block(file, errors, sources, paint) : []),
  ]
  const printed = shownLines(output).trimEnd()
  return [
    ...blocks,
    ...caps.map(({ words }) => shown(words)),
    ...(printed === '' ? [] : ['it printed:', ...printed.split('\n').slice(-linesPrinted), '']),
  ].join('\n')
}

const linesPrinted = 50

/** What failed first, in one line that goes on after `failed by`. */
export function firstFailure({ tests, errors, caps }: AttemptResult): string {
  const fatal = caps.find((cap) => cap.fatal)
  const failed = tests.find(({ state }) => state === 'failed')
  const error = failed?.errors[0] ?? errors[0]
  const at = failed ? ` in ${inQuotes(failed.name)}` : ''
  if (fatal) return `being ${fatal.words}`
  if (!error) return `a failure that says nothing${at}`
  return error.isTimeout ? `a time-out${at}` : `${headline(error)}${at}`
}

export function isTimeoutOnly({ tests, errors, caps }: AttemptResult): boolean {
  const all = [...tests.flatMap((test: TestResult) => test.errors), ...errors]
  return caps.some(({ limit, fatal }) => fatal && limit === 'time') || (all.length > 0 && all.every(({ isTimeout }) => isTimeout))
}

function block(title: string, errors: readonly AttemptError[], sources: Sources, paint: Paint): string[] {
  return [`${paint('label', ' FAIL ')} ${shown(title)}`, ...errors.flatMap((error) => [...errorLines(error, sources, paint), ''])]
}

function errorLines(error: AttemptError, sources: Sources, paint: Paint): string[] {
  const frames = framesOf(error.stack).map((frame) => ({ ...frame, place: placeWords(frame.path, sources.root) }))
  const wanted = frames.filter(({ path }) => !path.includes('/node_modules/'))
  const own = wanted.find(({ place, path }) => place !== path)
  return [
    paint('message', shownLines(headline(error, true))),
    ...(error.diff ? ['', ...diffLines(error.diff, paint)] : []),
    '',
    ...(wanted.length > 0 ? wanted : frames).flatMap((frame) => {
      const line = ` ❯ ${frame.words ? `${shown(frame.words)} ` : ''}${paint('place', `${shown(frame.place)}:${frame.line}:${frame.column}`)}`
      const around = frame === own ? codeFrame(sources.read(frame.path), frame) : []
      return [line, ...around.map((text) => paint('source', shownLines(text)))]
    }),
  ]
}

function diffLines(diff: string, paint: Paint): string[] {
  const lines = shownLines(diff).trimEnd().split('\n')
  return lines.map((line) => (line.startsWith('-') ? paint('expected', line) : line.startsWith('+') ? paint('received', line) : line))
}

/** Messages have several lines at times; stacks begin with them. */
function headline({ name, message }: AttemptError, whole = false): string {
  const text = whole ? message.trimEnd() : (message.split('\n', 1)[0] as string)
  return name && !text.startsWith(`${name}: `) ? `${name}: ${text}` : text
}

function placeWords(path: string, root: string): string {
  return path.startsWith(`${root}/`) ? path.slice(root.length + 1) : path
}

const linesAround = 2

/** The line of the failure between its neighbours, with a mark below its column. */
function codeFrame(source: string | undefined, { line, column }: Frame): string[] {
  const lines = source?.split('\n') ?? []
  if (line > lines.length) return []
  const first = Math.max(1, line - linesAround)
  const last = Math.min(lines.length, line + linesAround)
  const width = String(last).length
  const numbered = (number: number) => `    ${String(number).padStart(width)}| ${lines[number - 1] as string}`.trimEnd()
  return Array.from({ length: last - first + 1 }, (_, index) => first + index).flatMap((number) =>
    number === line ? [numbered(number), `    ${' '.repeat(width)}| ${' '.repeat(column - 1)}^`] : [numbered(number)],
  )
}
