// A failure as vitest shows it: the message, what differs, and the place in the source.

import type { AttemptError, AttemptResult, TestResult } from './attempt.ts'
import { type Frame, framesOf } from './stack-frames.ts'
import { printTestId } from './test-id.ts'

export interface Sources {
  /** Real path of vitest's root: places below it are told relative to it. */
  root: string
  /** Of a file below the root; undefined where it cannot be read. */
  read(path: string): string | undefined
}

/** All failures of an attempt; of one that was killed, at least what killed it. */
export function failureText(file: string, { tests, errors, caps }: AttemptResult, sources: Sources): string {
  const failed = tests.filter(({ state }) => state === 'failed')
  const blocks = [
    ...failed.flatMap((test) => block(printTestId({ file, name: test.name }), test.errors, sources)),
    ...(errors.length > 0 ? block(file, errors, sources) : []),
  ]
  return [...blocks, ...caps.map(({ words }) => words)].join('\n')
}

/** What failed first, in one line. */
export function firstFailure({ tests, errors, caps }: AttemptResult): string {
  const fatal = caps.find((cap) => cap.fatal)
  const failed = tests.find(({ state }) => state === 'failed')
  const error = failed?.errors[0] ?? errors[0]
  const at = failed ? ` in ${JSON.stringify(failed.name)}` : ''
  if (fatal) return fatal.words
  if (!error) return `a failure that says nothing${at}`
  return error.isTimeout ? `a time-out${at}` : `${headline(error)}${at}`
}

export function isTimeoutOnly({ tests, errors, caps }: AttemptResult): boolean {
  const all = [...tests.flatMap((test: TestResult) => test.errors), ...errors]
  return caps.some(({ limit, fatal }) => fatal && limit === 'time') || (all.length > 0 && all.every(({ isTimeout }) => isTimeout))
}

function block(title: string, errors: readonly AttemptError[], sources: Sources): string[] {
  return [` FAIL  ${title}`, ...errors.flatMap((error) => [...errorLines(error, sources), ''])]
}

function errorLines(error: AttemptError, sources: Sources): string[] {
  const frames = framesOf(error.stack).map((frame) => ({ ...frame, shown: shownPath(frame.path, sources.root) }))
  const own = frames.find(({ shown, path }) => shown !== path && !path.includes('/node_modules/'))
  const shown = frames.filter(({ path }) => !path.includes('/node_modules/'))
  return [
    headline(error, true),
    ...(error.diff ? ['', error.diff.trimEnd()] : []),
    '',
    ...(shown.length > 0 ? shown : frames).flatMap((frame) => {
      const line = ` ❯ ${frame.words ? `${frame.words} ` : ''}${frame.shown}:${frame.line}:${frame.column}`
      return frame === own ? [line, ...codeFrame(sources.read(frame.path), frame)] : [line]
    }),
  ]
}

/** Messages have several lines at times; stacks begin with them. */
function headline({ name, message }: AttemptError, whole = false): string {
  const text = whole ? message.trimEnd() : (message.split('\n', 1)[0] as string)
  return name && !text.startsWith(`${name}: `) ? `${name}: ${text}` : text
}

function shownPath(path: string, root: string): string {
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
