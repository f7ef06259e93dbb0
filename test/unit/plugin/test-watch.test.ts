import { expect, test } from 'vitest'
import { type RunningTest, type Task, watchTests } from '../../../plugin/test-watch.ts'

function watched(): { state: { current?: Task | undefined }; told: (string | null)[] } {
  const state: { current?: Task | undefined } = {}
  const told: (string | null)[] = []
  watchTests(state, (test: RunningTest) => told.push(test ? test.name : null))
  return { state, told }
}

const suite: Task = { type: 'suite', id: '1', name: 'suite' }
const task = (name: string): Task => ({ type: 'test', id: name, name, fullTestName: `suite > ${name}` })

test('tells each test that begins, and when none runs any more', () => {
  const { state, told } = watched()
  const [a, b] = [task('a'), task('b')]
  for (const [current, ended] of [[suite], [a], [suite, a], [b], [suite, b], [undefined]] as [Task | undefined, Task?][]) {
    if (ended) ended.result = { state: 'pass' }
    state.current = current
    expect(state.current).toBe(current)
  }
  expect(told).toEqual(['suite > a', null, 'suite > b', null])
})

test('of several at once it tells one that runs', () => {
  const { state, told } = watched()
  const [a, b] = [task('a'), task('b')]
  state.current = a
  state.current = b
  b.result = { state: 'fail' }
  state.current = suite
  a.result = { state: 'pass' }
  state.current = suite
  expect(told).toEqual(['suite > a', 'suite > b', 'suite > a', null])
})
