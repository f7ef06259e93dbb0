// @module-tag root
// Promise: what a sandbox changed is told exactly, and what it only opened is not.

import {
  chmodSync,
  closeSync,
  ftruncateSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { changesOf } from '../../../src/changes/changes-of.ts'
import { setXattr } from '../../../src/sys/xattr.ts'
import { planApply } from '../../support/changes/apply.ts'
import { attribute, brief, changesBench } from '../../support/changes/bench.ts'

test('files made, changed, renamed and deleted', async () => {
  const bench = changesBench({ 'a.txt': '0123456789', old: 'x', 'd/gone': 'y' })
  const layer = await bench.layer(
    'printf ab >> a.txt; mkdir src; echo new > src/new.ts; mv old renamed; rm d/gone; ln -s a.txt link; mkfifo -m 600 fifo',
  )
  const at = (name: string) => bench.path(name)
  expect(changesOf(layer)).toEqual([
    {
      path: at('a.txt'),
      kind: 'modified',
      type: 'file',
      size: 12,
      mode: 0o644,
      changed: ['content'],
      previous: { type: 'file', size: 10, mode: 0o644 },
    },
    { path: at('d/gone'), kind: 'deleted', type: 'file', size: 1, mode: 0o644, previous: { type: 'file', size: 1, mode: 0o644 } },
    { path: at('fifo'), kind: 'added', type: 'fifo', size: null, mode: 0o600 },
    { path: at('link'), kind: 'added', type: 'symlink', size: null, mode: 0o777 },
    { path: at('old'), kind: 'deleted', type: 'file', size: 1, mode: 0o644, previous: { type: 'file', size: 1, mode: 0o644 } },
    { path: at('renamed'), kind: 'added', type: 'file', size: 1, mode: 0o644 },
    { path: at('src'), kind: 'added', type: 'directory', size: null, mode: 0o755 },
    { path: at('src/new.ts'), kind: 'added', type: 'file', size: 4, mode: 0o644 },
  ])
})

test('opened for writing, renamed and back: no change; touched, or rewritten alike: a change of time', async () => {
  const bench = changesBench({ a: '1', b: '2', c: '3', 'd/e': '4', 'd/f': '5', g: '6' })
  symlinkSync('a', bench.path('link'))
  const layer = await bench.layer(
    `: >> b; mv d/e d/x; mv d/x d/e; chmod 700 d/f; chmod 644 d/f; touch n; rm n; touch -d 2001-02-03 d
    touch a; printf 3 > c; rm g; printf 6 > g; touch -h -d 2001-02-03 link`,
  )
  const told = changesOf(layer).map(({ path, kind, changed }) => [path, kind, changed])
  expect(told).toEqual(['a', 'c', 'g', 'link'].map((name) => [bench.path(name), 'modified', ['time']]))
})

test('a file system that keeps whole seconds does not change times', () => {
  const bench = changesBench({ a: '1', b: '2' })
  const upper = bench.beside('upper')
  mkdirSync(upper, { mode: 0o755 })
  utimesSync(bench.path('a'), 1e9 + 0.5, 1e9 + 0.5)
  utimesSync(bench.path('b'), 1e9 + 0.5, 1e9 + 0.5)
  for (const [name, content] of Object.entries({ a: '1', b: '2' })) writeFileSync(join(upper, name), content)
  utimesSync(join(upper, 'a'), 1e9, 1e9)
  utimesSync(join(upper, 'b'), 1e9 - 1, 1e9 - 1)
  expect(brief(changesOf({ target: bench.project, upper, lowers: [bench.project] }), bench.project)).toEqual(['M b'])
})

test('a directory that comes back holds only what was put into it', async () => {
  const bench = changesBench({ 'd/same': '1', 'd/other': '2', 'd/gone': '3', 'd/sub/gone': '4', 'd/sub/deep/er': '5' })
  const layer = await bench.layer('rm -r d; mkdir d; printf 1 > d/same; printf two > d/other; printf n > d/new')
  expect(brief(changesOf(layer), bench.project)).toEqual(['D d/gone', 'A d/new', 'M d/other', 'M d/same', 'D d/sub'])
  expect(changesOf(layer).at(-1)).toMatchObject({ type: 'directory', previous: { entries: 3 } })
})

test('a directory becomes a file, a file a directory, a link either', async () => {
  const bench = changesBench({ 'd/a': '', 'd/b': '', f: 'x', g: 'x', 'h/i': '' })
  symlinkSync('d', bench.path('s'))
  const layer = await bench.layer(
    'rm -r d; echo file > d; rm f; mkdir f; echo new > f/new; ln -sf elsewhere s; rm g; ln -s x g; rm -r h; ln -s d h',
  )
  expect(changesOf(layer)).toMatchObject([
    { path: bench.path('d'), kind: 'modified', type: 'file', changed: ['type'], previous: { type: 'directory', entries: 2 } },
    { path: bench.path('f'), kind: 'modified', type: 'directory', changed: ['type'], previous: { type: 'file', size: 1 } },
    { path: bench.path('f/new'), kind: 'added' },
    { path: bench.path('g'), kind: 'modified', type: 'symlink', previous: { type: 'file' } },
    { path: bench.path('h'), kind: 'modified', type: 'symlink', previous: { type: 'directory', entries: 1 } },
    { path: bench.path('s'), kind: 'modified', type: 'symlink', changed: ['content'] },
  ])
})

test('modes and attributes', async () => {
  const bench = changesBench({ run: '', tagged: '', same: '', 'd/e': '', 'u/v': '' })
  setXattr(Buffer.from(bench.path('same')), 'user.kept', Buffer.from([0, 255]))
  setXattr(Buffer.from(bench.path('tagged')), 'user.tag', Buffer.from('1'))
  const layer = await bench.layer(
    `chmod 755 run; : >> same; : >> u/v; chmod 700 .; ${attribute} tagged user.tag 2; ${attribute} d user.new ''`,
  )
  expect(changesOf(layer)).toMatchObject([
    { path: bench.project, changed: ['mode'], mode: 0o700, previous: { mode: 0o755 } },
    { path: bench.path('d'), changed: ['attributes'] },
    { path: bench.path('run'), changed: ['mode'], mode: 0o755, previous: { mode: 0o644 } },
    { path: bench.path('tagged'), changed: ['attributes'] },
  ])
})

test('names with newlines, spaces and bytes that are not UTF-8', async () => {
  const bench = changesBench()
  const layer = await bench.layer(`touch "$(printf 'a\\nD  b')" ' c ' "$(printf 'd\\377\\303\\274')" 'ü€😀'`)
  expect(brief(changesOf(layer), bench.project)).toEqual(['A  c ', 'A a\nD  b', 'A d\udcffü', 'A ü€😀'])
})

test('hard links: a new name is one change, and the old one none', async () => {
  const bench = changesBench({ a: '1' })
  const layer = await bench.layer('ln a b; echo 2 > c; ln c d')
  expect(brief(changesOf(layer), bench.project)).toEqual(['A b', 'A c', 'A d'])
})

/** Bytes that this process has read, from the page cache too (proc_pid_io(5)). */
function bytesRead(): number {
  return Number(/^rchar: (\d+)$/m.exec(readFileSync('/proc/self/io', 'utf8'))?.[1])
}

test('huge sparse files are compared by what they hold', async () => {
  const bench = changesBench()
  const size = 10 * 2 ** 30
  for (const name of ['same', 'other']) {
    const fd = openSync(bench.path(name), 'w')
    ftruncateSync(fd, size)
    writeSync(fd, 'data', size / 2)
    closeSync(fd)
  }
  const layer = await bench.layer(': >> same; printf ! | dd of=other bs=1 seek=$((10 * 1024 * 1024 * 1024 - 1)) conv=notrunc 2>/dev/null')
  const before = bytesRead()
  expect(brief(changesOf(layer), bench.project)).toEqual(['M other'])
  expect(bytesRead() - before).toBeLessThan(64 * 2 ** 20)
})

test('files without permissions are read in the upper, and keep their mode', async () => {
  const bench = changesBench({ shut: 'old', touched: '1', 'd/e': '' })
  const layer = await bench.layer(
    'echo new > n; mkdir deep; echo x > deep/f; chmod 0 n deep/f deep; echo more >> shut; chmod 0 shut; touch touched',
  )
  const expected = [
    { path: bench.path('deep'), mode: 0 },
    { path: bench.path('deep/f'), mode: 0, size: 2 },
    { path: bench.path('n'), mode: 0 },
    { path: bench.path('shut'), mode: 0, changed: ['content', 'mode'] },
    { path: bench.path('touched'), changed: ['time'] },
  ]
  expect(changesOf(layer)).toMatchObject(expected)
  expect(changesOf(layer)).toMatchObject(expected)
})

const isRoot = process.geteuid?.() === 0

test.skipIf(isRoot)('files of the host that the caller may not read count as the same when size and mtime are', async () => {
  const bench = changesBench({ same: '1', touched: '2' })
  for (const name of ['same', 'touched']) chmodSync(bench.path(name), 0)
  const layer = await bench.layer('chmod 0 same; touch touched')
  expect(changesOf(layer)).toMatchObject([{ path: bench.path('touched'), changed: ['content'] }])
  expect(lstatSync(bench.path('same')).mode & 0o777).toBe(0)
})

test.skipIf(isRoot)('a directory of the host that the caller may not read is an error only where it matters', async () => {
  const bench = changesBench({ 'd/e': '', 'shut/f': '' })
  chmodSync(bench.path('shut'), 0)
  bench.startedMs = Date.now() + 25
  expect(brief(changesOf(await bench.layer('touch new; chmod 711 shut')), bench.project)).toEqual(['A new', 'M shut'])
  const layer = await bench.layer('chmod 755 shut; rm shut/f')
  expect(() => changesOf(layer)).toThrow(
    expect.objectContaining({
      message: `${bench.path('shut/f')} cannot be read: permission denied`,
      hint: expect.stringContaining('chmod u+rx'),
    }),
  )
  const gone = await bench.layer('chmod 755 shut; rm -r shut')
  expect(changesOf(gone)).toEqual([
    {
      path: bench.path('shut'),
      kind: 'deleted',
      type: 'directory',
      size: null,
      mode: 0,
      previous: { type: 'directory', size: null, mode: 0 },
    },
  ])
  const plan = planApply(gone, bench.startedMs)
  expect(plan.conflicts).toEqual([{ path: bench.path('shut'), reason: 'what it holds cannot be checked: EACCES' }])
})

test('mount points that nsbox made are left out', async () => {
  const bench = changesBench()
  const layer = await bench.layer('mkdir -p made/by/nsbox; touch made/by/nsbox/x made/mine')
  expect(brief(changesOf({ ...layer, ignore: [bench.path('made/by')] }), bench.project)).toEqual(['A made', 'A made/mine'])
})

test('an upper behind a descriptor, and a kept upper as a lower', async () => {
  const bench = changesBench({ a: '1', b: '2', 'd/e': '3' })
  const first = await bench.layer('echo one > a; rm b; rm -r d; mkdir d; touch d/new')
  const second = await bench.layer('echo one > a; touch c d; rm a; echo two > a')
  rmSync(join(second.upper, 'd'), { recursive: true, force: true })
  const fd = openSync(second.upper, 'r')
  const layer = { target: bench.project, upper: `/proc/self/fd/${fd}`, lowers: [first.upper, bench.project] }
  expect(brief(changesOf(layer), bench.project)).toEqual(['M a', 'A c'])
  closeSync(fd)
})

test('whiteouts by attribute (Linux 6.7)', () => {
  const bench = changesBench({ 'd/a': '1', 'd/b': '2', e: '' })
  const upper = bench.beside('upper')
  mkdirSync(join(upper, 'd'), { recursive: true })
  for (const name of ['d/a', 'e']) {
    writeFileSync(join(upper, name), '')
    setXattr(Buffer.from(join(upper, name)), 'user.overlay.whiteout', Buffer.from('y'))
  }
  for (const path of [bench.path('e'), join(upper, 'e')]) utimesSync(path, 1e9, 1e9)
  setXattr(Buffer.from(join(upper, 'd')), 'user.overlay.opaque', Buffer.from('x'))
  expect(brief(changesOf({ target: bench.project, upper, lowers: [bench.project] }), bench.project)).toEqual(['D d/a'])
})

test('an upper that is not there', () => {
  const layer = { target: '/t', upper: '/nowhere/upper', lowers: ['/t'] }
  expect(() => changesOf(layer)).toThrow(/^The changes of \/t cannot be read: ENOENT/)
})
