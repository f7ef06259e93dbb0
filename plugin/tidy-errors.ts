// Errors as a worker sends them, for vitest to print: it expects texts where errors have texts, and reads the files that stack
// traces name.

import { inspect } from 'node:util'
import type { HostView } from './file-view.ts'
import { type Check, isList, isRecord, listOf, maybe, ordinal, record, text } from './shapes.ts'
import { isReadable, tidyStack } from './tidy-stacks.ts'

type ErrorFields = Record<string, unknown>

/** Fields that vitest takes for text. */
const texts = ['message', 'name', 'nameStr', 'stack', 'stackStr', 'diff', 'codeFrame', 'frame', 'VITEST_TEST_PATH', 'VITEST_TEST_NAME']
/** Of causes below causes. */
const deepest = 90

/** Nothing in vitest expects a hole. */
const isWhole: Check = (value) => isList(value) && Object.keys(value).length === value.length
const isFrames: Check = listOf(record({ file: text, method: maybe(text), line: ordinal, column: ordinal }))
/** What vitest's main process puts into errors of Vite's. */
const isRollupError = record({
  plugin: maybe(text),
  id: maybe(text),
  frame: maybe(text),
  loc: maybe(record({ line: maybe(ordinal), column: maybe(ordinal) })),
})
/** Where the stack has no frames, vitest makes one of these. */
const places = [
  ['fileName', 'lineNumber', 'columnNumber'],
  ['sourceURL', 'line', 'column'],
] as const

/**
 * Changes them in place: they are copies, without circles. A frame of a file that the sandbox does not see, or that has no end, is no
 * frame. vitest prints in which file and test an error arose: only `files` may be named.
 */
export function tidyErrors(errors: unknown, view: HostView, files: ReadonlySet<string>): void {
  const seen = new Set<unknown>()
  const tidy = (error: ErrorFields, depth: number): void => {
    seen.add(error)
    for (const name of texts) if (error[name] !== null && error[name] !== undefined) error[name] = textOf(error[name])
    for (const name of ['stack', 'stackStr']) if (typeof error[name] === 'string') error[name] = tidyStack(error[name], view)
    tidyPlaces(error, view)
    if (!files.has(error['VITEST_TEST_PATH'] as string)) for (const name of ['VITEST_TEST_PATH', 'VITEST_TEST_NAME']) delete error[name]
    if ('__vitest_rollup_error__' in error && !isRollupError(error['__vitest_rollup_error__'])) delete error['__vitest_rollup_error__']
    const { cause, errors: more } = error
    if (seen.has(cause)) delete error['cause']
    else if (depth >= deepest && isRecord(cause)) error['cause'] = { name: 'Error', message: 'nsbox hands on no more causes', stack: '' }
    else if (isRecord(cause)) tidy(cause, depth + 1)
    if (!Array.isArray(more)) return
    // vitest takes each of them for an error of its own, and theirs.
    if (depth >= deepest || !isWhole(more) || more.some((each) => seen.has(each))) delete error['errors']
    else for (const each of more) if (isRecord(each) && !seen.has(each)) tidy(each, depth + 1)
  }
  if (Array.isArray(errors)) for (const error of errors) if (isRecord(error) && !seen.has(error)) tidy(error, 0)
}

function tidyPlaces(error: ErrorFields, view: HostView): void {
  const { stacks } = error
  if (isFrames(stacks)) error['stacks'] = (stacks as { file: string }[]).filter(({ file }) => isReadable(file, view))
  else delete error['stacks']
  for (const [file, line, column] of places) {
    const parts = [error[file], error[line], error[column]]
    if (parts[0] === undefined) continue
    const frame = parts.every((part) => typeof part === 'string' || typeof part === 'number') ? parts.join(':') : undefined
    if (frame === undefined || tidyStack(frame, view) !== frame) delete error[file]
  }
}

export function textOf(value: unknown): string {
  return typeof value === 'object' ? inspect(value) : String(value)
}
