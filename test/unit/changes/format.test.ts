// Changes as text.

import { expect, test } from 'vitest'
import type { Change, EntryFacts } from '../../../src/changes/changed.ts'
import { formatChanges, formatSize } from '../../../src/changes/format.ts'

const file = (size: number, mode = 0o644): EntryFacts => ({ type: 'file', size, mode })
const directory: EntryFacts = { type: 'directory', size: null, mode: 0o755 }
const link: EntryFacts = { type: 'symlink', size: null, mode: 0o777 }
const added = (path: string, facts: EntryFacts): Change => ({ path, kind: 'added', ...facts })
const deleted = (path: string, facts: EntryFacts): Change => ({ path, kind: 'deleted', ...facts, previous: facts })
const modified = (path: string, changed: Change['changed'], from: EntryFacts, to: EntryFacts): Change => ({
  path,
  kind: 'modified',
  ...to,
  ...(changed && { changed }),
  previous: from,
})

test('one line each, and a summary', () => {
  const changes = [
    added('/p/src/new.ts', file(1234)),
    added('/p/d', directory),
    added('/p/s', link),
    modified('/p/a.txt', ['content'], file(10), file(12)),
    modified('/p/same', ['content'], file(10), file(10)),
    modified('/p/run', ['mode'], file(1), file(1, 0o4755)),
    modified('/p/all', ['content', 'mode', 'owner', 'attributes'], file(1), file(2048, 0o600)),
    modified('/p/s2', ['content'], link, link),
    modified('/p/t', ['type'], { ...directory, entries: 3 }, file(5)),
    modified('/p', ['mode'], directory, { ...directory, mode: 0o700 }),
    deleted('/p/gone', file(3)),
    deleted('/p/dir', { ...directory, entries: 1 }),
    deleted('/elsewhere', file(3)),
  ]
  expect(formatChanges(changes, '/p').split('\n')).toEqual([
    'A  src/new.ts  1.2 KiB  0644',
    'A  d/  0755',
    'A  s  symlink',
    'M  a.txt  10 B -> 12 B',
    'M  same  10 B',
    'M  run  0644 -> 4755',
    'M  all  1 B -> 2.0 KiB  0644 -> 0600  owner  attributes',
    'M  s2  symlink',
    'M  t  directory -> file  with 3 entries  5 B  0644',
    'M  ./  0755 -> 0700',
    'D  gone',
    'D  dir/  with 1 entry',
    'D  /elsewhere',
    '3 added, 7 modified, 3 deleted',
    '',
  ])
  expect(formatChanges([], '/p')).toBe('0 added, 0 modified, 0 deleted\n')
})

test('no name forges a line, a column, or colours', () => {
  const names = [
    'a\nD  b',
    'a  10 B',
    ' a',
    'a ',
    '"a"',
    '\x1b[31mred',
    'a\u202eb',
    'a\u2028b',
    'a\u00a0b',
    'bad\udcffbyte',
    'back\\slash',
    'tab\t',
    'plain name',
    'ü😀',
  ]
  const lines = formatChanges(
    names.map((name) => deleted(`/p/${name}`, file(0))),
    '/p',
  ).split('\n')
  expect(lines.slice(0, -2).map((line) => line.slice(3))).toEqual([
    '"a\\nD  b"',
    '"a  10 B"',
    '" a"',
    '"a "',
    '"\\"a\\""',
    '"\\u{1b}[31mred"',
    '"a\\u{202e}b"',
    '"a\\u{2028}b"',
    '"a\\u{a0}b"',
    '"bad\\xffbyte"',
    '"back\\\\slash"',
    '"tab\\t"',
    'plain name',
    'ü😀',
  ])
})

test('sizes', () => {
  expect([0, 1023, 1024, 1536, 2 ** 20, 5 * 2 ** 40, 2 ** 60].map(formatSize)).toEqual([
    '0 B',
    '1023 B',
    '1.0 KiB',
    '1.5 KiB',
    '1.0 MiB',
    '5.0 TiB',
    '1048576.0 TiB',
  ])
})
