import { expect, test } from 'vitest'
import { Outcomes } from '../../../plugin/outcomes.ts'

const queued = (name: string) => ({ t: 'q', m: 'onQueued', a: [{ id: `id-${name}`, filepath: name }] })
const collected = (name: string, state?: string) => ({
  t: 'q',
  m: 'onCollected',
  a: [[{ id: `id-${name}`, filepath: name, result: { state } }]],
})
const update = (name: string, state: string) => ({ t: 'q', m: 'onTaskUpdate', a: [[[`id-${name}`, { state }, {}]], []] })
const unhandled = { t: 'q', m: 'onUnhandledError', a: [new Error('nobody handles it'), 'Unhandled Rejection'] }

function after(files: string[], ...messages: object[]) {
  const outcomes = new Outcomes()
  outcomes.begin(files)
  for (const message of messages) outcomes.see(message)
  return outcomes
}

const failed = (outcomes: Outcomes) => outcomes.ended.filter((one) => one.failed).map(({ file }) => file)

test.each([
  ['passes', [queued('a'), collected('a'), update('a', 'run'), update('a', 'pass')], []],
  ['skips', [queued('a'), collected('a', 'skip')], []],
  ['fails', [queued('a'), collected('a'), update('a', 'run'), update('a', 'fail')], ['a']],
  ['cannot be loaded', [queued('a'), collected('a', 'fail')], ['a']],
  ['ends its worker', [queued('a'), collected('a'), update('a', 'run')], ['a']],
  ['ends its worker before it says anything', [], ['a']],
  ['passes, and leaves an error that nobody handles', [queued('a'), unhandled, update('a', 'pass')], ['a']],
])('a file that %s', (_, messages, expected) => {
  expect(failed(after(['a'], ...messages))).toEqual(expected)
})

test('a test that fails is not its file, which may yet pass', () => {
  const retried = { t: 'q', m: 'onTaskUpdate', a: [[['id-a_0', { state: 'fail' }, {}]], []] }
  expect(failed(after(['a'], queued('a'), retried, update('a', 'pass')))).toEqual([])
})

test('of several files each has its own', () => {
  const outcomes = after(['a', 'b', 'c'], queued('a'), update('a', 'fail'), queued('b'), update('b', 'pass'), queued('c'))
  expect(failed(outcomes)).toEqual(['a', 'c'])
})

test('who ends the worker on purpose lets no file fail that is not finished', () => {
  const outcomes = after(['a', 'b'], queued('a'), update('a', 'fail'), queued('b'))
  outcomes.abandon()
  expect(outcomes.ended).toEqual([{ file: 'a', failed: true }])
})

test('a file that runs again begins anew', () => {
  const begun: string[] = []
  const outcomes = new Outcomes((files) => begun.push(...files))
  outcomes.begin(['a'])
  outcomes.see(queued('a'))
  outcomes.see(update('a', 'fail'))
  outcomes.begin(['a'])
  outcomes.see(update('a', 'pass'))
  expect(failed(outcomes)).toEqual([])
  expect(begun).toEqual(['a', 'a'])
})
