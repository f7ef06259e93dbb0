import { expect, test } from 'vitest'
import { Turns } from '../../../plugin/turns.ts'

test('what takes no time is done at once, and nothing overtakes what takes some', async () => {
  const turns = new Turns()
  const done: string[] = []
  const note = (name: string) => () => void done.push(name) as undefined
  turns.take(note('a'))
  expect(done).toEqual(['a'])
  const slow = Promise.withResolvers<void>()
  turns.take(() => slow.promise.then(note('b')))
  turns.take(note('c'))
  turns.take(() => Promise.resolve().then(note('d')))
  turns.take(note('e'))
  expect(done).toEqual(['a'])
  slow.resolve()
  await turns.over()
  expect(done).toEqual(['a', 'b', 'c', 'd', 'e'])
  turns.take(note('f'))
  expect(done.at(-1)).toBe('f')
})
