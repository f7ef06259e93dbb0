// Errors of a worker, as vitest prints them.

import { expect, test } from 'vitest'
import { HostView } from '../../../plugin/file-view.ts'
import { tidyErrors } from '../../../plugin/tidy-errors.ts'

const view = new HostView(() => true)

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
  tidyErrors([error], view)
  expect(messages(error)).toEqual(messages(chained(50)))
})

test('the end of too many causes is said', () => {
  const error = chained(200)
  tidyErrors([error], view)
  expect(messages(error).at(-1)).toBe('nsbox hands on no more causes')
})

test('frames of another shape are none', () => {
  const error = { message: 'x', stacks: 5 }
  tidyErrors([error], view)
  expect(error).toEqual({ message: 'x' })
})

test('a place in fields is read as vitest reads it', () => {
  const hides = new HostView((path) => path !== '/dev/null')
  for (const fileName of ['x@/dev/null', 'x\nat /dev/null']) {
    const error = { message: 'x', fileName, lineNumber: 1, columnNumber: 1 }
    tidyErrors([error], hides)
    expect(error).not.toHaveProperty('fileName')
  }
  const error = { message: 'x', fileName: '/src/a.ts', lineNumber: 1, columnNumber: 1 }
  tidyErrors([error], hides)
  expect(error).toHaveProperty('fileName', '/src/a.ts')
})
