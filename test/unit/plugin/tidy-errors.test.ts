// Errors of a worker, as vitest prints them.

import { expect, test } from 'vitest'
import { HostView } from '../../../plugin/file-view.ts'
import { tidyErrors } from '../../../plugin/tidy-errors.ts'

const view = new HostView(() => true)
const own = new Set(['/own.test.ts'])

interface Chained {
  message: string
  cause?: Chained
}

function chained(count: number): Chained {
  return count === 1 ? { message: 'innermost' } : { message: `${count}`, cause: chained(count - 1) }
}

function messages(error: Chained | undefined): string[] {
  return error ? [error.message, ...messages(error.cause)] : []
}

test('causes stay, as many as anybody reads', () => {
  const error = chained(50)
  tidyErrors([error], view, own)
  expect(messages(error)).toEqual(messages(chained(50)))
})

test('the end of too many causes is said', () => {
  const error = chained(200)
  tidyErrors([error], view, own)
  expect(messages(error).at(-1)).toBe('nsbox hands on no more causes')
})

test('frames of another shape are none', () => {
  const error = { message: 'x', stacks: 5 }
  tidyErrors([error], view, own)
  expect(error).toEqual({ message: 'x' })
})

test('a place in fields is read as vitest reads it', () => {
  const hides = new HostView((path) => path !== '/dev/null')
  for (const fileName of ['x@/dev/null', 'x\nat /dev/null']) {
    const error = { message: 'x', fileName, lineNumber: 1, columnNumber: 1 }
    tidyErrors([error], hides, own)
    expect(error).not.toHaveProperty('fileName')
  }
  const error = { message: 'x', fileName: '/src/a.ts', lineNumber: 1, columnNumber: 1 }
  tidyErrors([error], hides, own)
  expect(error).toHaveProperty('fileName', '/src/a.ts')
})

test('only a file of the worker’s is named as the one in which an error arose', () => {
  const named = (file: string) => ({ message: 'x', VITEST_TEST_PATH: file, VITEST_TEST_NAME: 'passes' })
  const error = { ...named('/own.test.ts'), cause: named('/other.test.ts'), errors: [named('/other.test.ts')] }
  tidyErrors([error], view, own)
  expect(error).toEqual({ ...named('/own.test.ts'), cause: { message: 'x' }, errors: [{ message: 'x' }] })
})
