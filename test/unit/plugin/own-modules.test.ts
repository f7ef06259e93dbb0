import { expect, test } from 'vitest'
import { isOwnModule, placesOf } from '../../../plugin/own-modules.ts'

test.each([
  ['/a.ts?raw', ['/a.ts', '/root/a.ts']],
  ['/@fs/a.ts', ['/a.ts']],
  ['./b.ts', ['/root/src/b.ts']],
  ['file:///a%20b.ts', ['/a b.ts']],
])('%s may be a file', (id, places) => {
  expect(placesOf(id, '/@fs/root/src/a.ts', '/root')).toEqual(places)
})

test.each(['file://host/x', 'file:///%2F', 'file:///a%00b', 'file://%', 'vitest', '/@vite/client', 'virtual:x', 'data:text/javascript,1'])(
  '%s names no place',
  (id) => {
    expect(placesOf(id, '/a.ts', '/root')).toEqual([])
    expect(placesOf('./b.ts', id, '/root')).toEqual([])
  },
)

test('what cannot be looked at is not there', () => {
  const message = { t: 'q', m: 'fetch', a: [`/${'x'.repeat(300)}`] }
  expect(isOwnModule(message, 0, '/root')).toBe(true)
})
