// @module-tag root
// Promise: what a sandbox changed can be taken over, whole files only, and never over newer work.

import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  closeSync,
  ftruncateSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import type { UpperLayer } from '../../../src/changes/changed.ts'
import { changesOf } from '../../../src/changes/changes-of.ts'
import { keepLayers } from '../../../src/changes/keep.ts'
import { OpenDirectories } from '../../../src/changes/open-directories.ts'
import { readKept } from '../../../src/changes/read-kept.ts'
import { keptDescription } from '../../../src/config/kept.ts'
import { makeWhiteout } from '../../../src/sys/file-nodes.ts'
import { removeTree } from '../../../src/sys/remove-tree.ts'
import { getXattr, setXattr } from '../../../src/sys/xattr.ts'
import { applyChanges, planApply } from '../../support/changes/apply.ts'
import { attribute, brief, type ChangesBench, changesBench, past } from '../../support/changes/bench.ts'
import { manifestOf } from '../../support/changes/manifest.ts'

function apply(bench: ChangesBench, layer: UpperLayer): string[] {
  return brief(applyChanges(planApply(layer, bench.startedMs)).applied, bench.project)
}

function temporaries(bench: ChangesBench): string[] {
  return readdirSync(bench.project, { recursive: true, encoding: 'utf8' }).filter((name) => name.includes('.nsbox-'))
}

/** The conflicts, and that nothing at all was written. */
function conflicts(bench: ChangesBench, layer: UpperLayer): string[] {
  const before = manifestOf(bench.project)
  const plan = planApply(layer, bench.startedMs)
  expect(() => applyChanges(plan)).toThrow(expect.objectContaining({ code: 'ERR_NSBOX_CONFLICT' }))
  expect(manifestOf(bench.project)).toEqual(before)
  return plan.conflicts.map(({ path }) => path.slice(bench.project.length + 1)).sort()
}

test('files with their mode, times, attributes, links and holes', async () => {
  const bench = changesBench({ a: 'old', run: '', 'd/e': '' })
  const layer = await bench.layer(`
    echo new > a; touch -d '2001-02-03 04:05:06.789012345' a; chmod 4755 run; mkdir -m 2750 src; echo 1 > src/one; ln src/one two
    ln -s nowhere link; touch -h -d '2002-03-04 05:06:07.123456789' link; mkfifo -m 640 fifo; ${attribute} a user.tag value
    truncate -s 1G sparse; printf x >> sparse; touch -d '2003-01-01' src`)
  expect(apply(bench, layer)).toEqual(['M a', 'A fifo', 'A link', 'M run', 'A sparse', 'A src', 'A src/one', 'A two'])
  const stat = (name: string) => lstatSync(bench.path(name), { bigint: true })
  expect(readFileSync(bench.path('a'), 'utf8')).toBe('new\n')
  expect([stat('a').mtimeNs, stat('link').mtimeNs]).toEqual(
    ['a', 'link'].map((name) => lstatSync(join(layer.upper, name), { bigint: true }).mtimeNs),
  )
  expect(stat('a').mtimeNs % 1_000_000_000n).toBe(789012345n)
  expect(lstatSync(bench.path('src')).mtime.getFullYear()).toBe(2003)
  expect(getXattr(Buffer.from(bench.path('a')), 'user.tag')?.toString()).toBe('value')
  expect(['run', 'src', 'fifo'].map((name) => (lstatSync(bench.path(name)).mode & 0o7777).toString(8))).toEqual(['4755', '2750', '640'])
  expect(stat('src/one').ino).toBe(stat('two').ino)
  expect(readlinkSync(bench.path('link'))).toBe('nowhere')
  expect([lstatSync(bench.path('sparse')).size, lstatSync(bench.path('sparse')).blocks < 1000]).toEqual([2 ** 30 + 1, true])
  expect([temporaries(bench), changesOf(layer)]).toEqual([[], []])
})

test('times that alone were set, of files, links and directories', async () => {
  const bench = changesBench({ 'd/a': 'old', 'd/e/f': '', 'host/a': '' })
  symlinkSync('d', bench.path('link'))
  bench.startedMs = Date.now() + 25
  const layer = await bench.layer(`
    touch -d '2001-02-03 04:05:06.789012345' d/a; touch -h -d '2001-02-03 04:05:06.5' link; chmod 600 d/e/f; touch -d '2002-03-04' d/e/f
    : >> host/a; touch host/new; touch -d '2003-04-05' d/e d host`)
  await past(bench.startedMs)
  writeFileSync(bench.path('host/newer'), '')
  const host = lstatSync(bench.path('host')).mtimeMs
  expect(apply(bench, layer)).toEqual(['M d/a', 'M d/e/f', 'A host/new', 'M link'])
  const times = ['d/a', 'link', 'd/e/f', 'd/e', 'd'].map((name) => lstatSync(bench.path(name), { bigint: true }).mtimeNs)
  expect(times).toEqual(['d/a', 'link', 'd/e/f', 'd/e', 'd'].map((name) => lstatSync(join(layer.upper, name), { bigint: true }).mtimeNs))
  expect(lstatSync(bench.path('d')).mtime.getFullYear()).toBe(2003)
  // The host has changed something in it since.
  expect(lstatSync(bench.path('host')).mtimeMs).toBeGreaterThanOrEqual(host)
  expect(changesOf(layer)).toEqual([])
})

test('an attribute that an overlay has to store under another name', async () => {
  const bench = changesBench({ a: '' })
  apply(bench, await bench.layer(`${attribute} a user.overlay.mine 1`))
  expect(getXattr(Buffer.from(bench.path('a')), 'user.overlay.mine')?.toString()).toBe('1')
})

test('deletions, directories that become files, and the reverse', async () => {
  const bench = changesBench({ gone: '', 'd/a/b': '', 'e/f': '', f: '', 'keep/k': '' })
  symlinkSync('keep', bench.path('s'))
  bench.startedMs = Date.now() + 25
  const layer = await bench.layer('rm gone; rm -r d; rm -r e; echo e > e; rm f; mkdir f; echo x > f/x; rm s; mkdir s; touch s/t')
  expect(apply(bench, layer)).toEqual(['D d', 'M e', 'M f', 'A f/x', 'D gone', 'M s', 'A s/t'])
  expect(readdirSync(bench.project, { recursive: true, encoding: 'utf8' }).sort()).toEqual(['e', 'f', 'f/x', 'keep', 'keep/k', 's', 's/t'])
})

test('a file that is a hard link of others on the host leaves those as they are', async () => {
  const bench = changesBench({ a: 'old', m: '' })
  linkSync(bench.path('a'), bench.beside('outside-a'))
  linkSync(bench.path('m'), bench.beside('outside-m'))
  bench.startedMs = Date.now() + 25
  apply(bench, await bench.layer('echo new > a; chmod 600 m'))
  expect(readFileSync(bench.beside('outside-a'), 'utf8')).toBe('old')
  expect(lstatSync(bench.beside('outside-m')).mode & 0o777).toBe(0o644)
})

test('another name of a file that did not change becomes its hard link', async () => {
  const bench = changesBench({ a: '1' })
  apply(bench, await bench.layer('ln a b'))
  expect(lstatSync(bench.path('a')).ino).toBe(lstatSync(bench.path('b')).ino)
})

test('sockets are left out and named', async () => {
  const bench = changesBench()
  const listen = "require('net').createServer().listen('socket', () => process.exit())"
  const layer = await bench.layer(`${process.execPath} -e "${listen}"; touch file`)
  const plan = planApply(layer, bench.startedMs)
  expect([brief(plan.changes, bench.project), brief(plan.skipped, bench.project)]).toEqual([['A file'], ['A socket']])
  expect(brief(applyChanges(plan).skipped, bench.project)).toEqual(['A socket'])
  expect(readdirSync(bench.project)).toEqual(['file'])
})

test('in directories without write permission, whose mode stays', async () => {
  const bench = changesBench({ 'd/a': '', 'd/b': '' })
  chmodSync(bench.path('d'), 0o555)
  bench.startedMs = Date.now() + 25
  const layer = await bench.layer('chmod 755 d; rm d/a; touch d/c; chmod 555 d; mkdir shut; touch shut/f; chmod 0 shut/f shut')
  expect(apply(bench, layer)).toEqual(['D d/a', 'A d/c', 'A shut', 'A shut/f'])
  expect(readdirSync(bench.path('d'))).toEqual(['b', 'c'])
  expect(['d', 'shut'].map((name) => lstatSync(bench.path(name)).mode & 0o777)).toEqual([0o555, 0])
})

test('conflicts: changed, deleted, made and replaced on the host since the start', async () => {
  const bench = changesBench({
    changed: '',
    deleted: '',
    mode: '',
    'd/a': '',
    'e/f': '',
    'gone/x/y': '',
    'gone2/x': '',
    free: '',
    'linked/f': '',
  })
  const layer = await bench.layer(
    'for f in changed deleted mode made d/a e/f free linked/f; do echo inside > $f; done; rm -r gone gone2; mkdir new; touch new/n',
  )
  await past(bench.startedMs)
  for (const name of ['changed', 'made', 'gone/x/y', 'gone2/new', 'free2']) writeFileSync(bench.path(name), 'outside')
  rmSync(bench.path('deleted'))
  chmodSync(bench.path('mode'), 0o600)
  rmSync(bench.path('e'), { recursive: true })
  writeFileSync(bench.path('e'), 'now a file')
  mkdirSync(bench.path('new'))
  renameSync(bench.path('linked'), bench.beside('elsewhere'))
  symlinkSync(bench.beside('elsewhere'), bench.path('linked'))
  expect(conflicts(bench, layer)).toEqual(
    ['changed', 'deleted', 'e', 'gone/x/y', 'gone2', 'gone2/new', 'linked', 'made', 'mode', 'new'].sort(),
  )
  expect(readdirSync(bench.beside('elsewhere'))).toEqual(['f'])
})

test('a conflict that came after the plan', async () => {
  const bench = changesBench({ a: '' })
  const plan = planApply(await bench.layer('echo 1 > a; touch b'), bench.startedMs)
  expect(plan.conflicts).toEqual([])
  await past(bench.startedMs)
  writeFileSync(bench.path('a'), 'newer')
  expect(() => applyChanges(plan)).toThrow(/Nothing was applied .*\n {2}.*\/a: it was changed since$/)
  expect(readdirSync(bench.project)).toEqual(['a'])
})

test('changes of other files, and reading, are no conflict', async () => {
  const bench = changesBench({ 'd/a': '', 'd/other': '' })
  const layer = await bench.layer('echo 1 > d/a; touch d/new; : >> d/other')
  await past(bench.startedMs)
  readFileSync(bench.path('d/a'))
  writeFileSync(bench.path('d/mine'), 'mine')
  writeFileSync(bench.path('beside'), '')
  expect(apply(bench, layer)).toEqual(['M d/a', 'A d/new'])
  expect(readFileSync(bench.path('d/mine'), 'utf8')).toBe('mine')
})

test('the kernel stamps times up to a tick late: what changed right at the start is a conflict', async () => {
  const bench = changesBench()
  const layer = await bench.layer('echo inside > f')
  const startedMs = Date.now()
  writeFileSync(bench.path('f'), 'outside')
  utimesSync(bench.path('f'), 1, 1)
  expect(planApply(layer, startedMs).conflicts).toHaveLength(1)
})

test('the last look: no directory is entered through a link', () => {
  const bench = changesBench({ 'd/e/f': '' })
  symlinkSync('d', bench.path('s'))
  const directories = new OpenDirectories({ target: bench.project })
  expect(() => directories.at('s/e', () => undefined)).toThrow(/s is no directory any more/)
  expect(() => directories.at('d/e/f', () => undefined)).toThrow(/f is no directory any more/)
  directories.close()
})

test('a full disk midway: the rest is applied, nothing is deleted after it, nothing left over', async () => {
  const bench = changesBench({ a: 'old', big: 'old big', z: 'old z', 'd/e': '' })
  const layer = await bench.layer(
    'echo new > a; truncate -s 0 big; head -c 3000000 /dev/zero | tr "\\0" x > big; rm z; rm -r d; mkdir y; touch y/y',
  )
  const fixture = fileURLToPath(new URL('../../fixtures/changes/merge.ts', import.meta.url))
  const script = `cp -a "$1" "$1.copy"; mount -t tmpfs -o size=1m,mode=755 tmpfs "$1"; cp -a "$1.copy/." "$1"; sleep 0.1
    "$2" "$3" apply "$4"; cd "$1"; find . -printf '%P %y %s\\n' | sort; cat a`
  const words = [
    '--user',
    '--map-root-user',
    '--mount',
    '/bin/sh',
    '-ec',
    script,
    'sh',
    bench.project,
    process.execPath,
    fixture,
    JSON.stringify(layer),
  ]
  const [first, ...rest] = execFileSync('unshare', words, { encoding: 'utf8' }).split('\n')
  const report = JSON.parse(first as string)
  expect(report).toMatchObject({ code: 'ERR_NSBOX_APPLY', errno: 'ENOSPC' })
  expect(brief(report.applied, bench.project)).toEqual(['M a', 'A y', 'A y/y'])
  expect(brief(report.notApplied, bench.project)).toEqual(['M big', 'D d', 'D z'])
  expect(report.message.split('\n')).toEqual([
    `3 of 6 changes of ${bench.project} were applied; these failed:`,
    '  big: ENOSPC: no space left on device, write',
    '  d: not deleted, because not everything could be written',
    '  z: not deleted, because not everything could be written',
  ])
  const left = ['a f 4', 'big f 7', 'd d 60', 'd/e f 0', 'y d 60', 'y/y f 0', 'z f 5', 'new']
  expect(rest.filter((line) => line !== '' && !line.startsWith(' d'))).toEqual(left)
})

test('an attribute that the file system does not take: the rest is applied, and it is named; so it is when kept', ({ skip }) => {
  const bench = changesBench({ old: '', z: '' })
  const upper = mkdtempSync('/dev/shm/nsbox-upper-')
  onTestFinished(() => removeTree(upper))
  mkdirSync(join(upper, 'made'))
  for (const [name, content] of Object.entries({ 'made/a': '1\n', big: '2\n', late: '3\n' })) writeFileSync(join(upper, name), content)
  chmodSync(upper, 0o755)
  makeWhiteout(Buffer.from(join(upper, 'z')))
  try {
    setXattr(Buffer.from(join(upper, 'big')), 'user.big', Buffer.alloc(60_000, 1))
  } catch (error) {
    skip(`no such attribute in memory, before Linux 6.6: ${(error as Error).message}`)
  }
  const layer: UpperLayer = { target: bench.project, upper, lowers: [bench.project] }
  const plan = planApply(layer, bench.startedMs)
  expect(brief(plan.changes, bench.project)).toEqual(['A big', 'A late', 'A made', 'A made/a', 'D z'])
  const reason = 'the file system does not take its attribute user.big of 58.6 KiB (ENOSPC)'
  const message = [
    `3 of 5 changes of ${bench.project} were applied; these failed:`,
    `  big: ${reason}`,
    '  z: not deleted, because not everything could be written',
  ].join('\n')
  expect(() => applyChanges(plan)).toThrow(expect.objectContaining({ code: 'ERR_NSBOX_APPLY', errno: 'ENOSPC', message }))
  expect(readdirSync(bench.project).sort()).toEqual(['late', 'made', 'old', 'z'])
  const { missing } = keepLayers([layer], bench.beside('kept'), { command: [], startedMs: bench.startedMs })
  expect(missing).toEqual([{ path: bench.path('big'), reason }])
  const kept = readKept(bench.beside('kept'), keptDescription)
  expect(kept.missing).toEqual(missing)
  // What was kept has all but the attribute, and what an apply that failed has made is no conflict.
  expect(apply(bench, kept.layers[0] as UpperLayer)).toEqual(['A big', 'D z'])
  expect(readFileSync(bench.path('big'), 'utf8')).toBe('2\n')
})

test('with a kept lower: the target becomes what the sandbox saw', async () => {
  const bench = changesBench({ a: '1', b: '2' })
  const first = await bench.layer('echo one > a; rm b; mkdir d; touch d/first')
  const upper = bench.beside('second')
  mkdirSync(join(upper, 'd'), { recursive: true })
  writeFileSync(join(upper, 'd/second'), '')
  chmodSync(upper, 0o755)
  expect(apply(bench, { target: bench.project, upper, lowers: [first.upper, bench.project] })).toEqual([
    'M a',
    'D b',
    'A d',
    'A d/first',
    'A d/second',
  ])
})

test('holes stay holes', async () => {
  const bench = changesBench()
  const fd = openSync(bench.path('f'), 'w')
  ftruncateSync(fd, 2 ** 32)
  for (let at = 0; at < 2 ** 32; at += 2 ** 29) writeSync(fd, `at ${at}`, at)
  closeSync(fd)
  bench.startedMs = Date.now() + 25
  const layer = await bench.layer('printf end >> f')
  apply(bench, layer)
  expect(lstatSync(bench.path('f')).size).toBe(2 ** 32 + 3)
  expect(lstatSync(bench.path('f')).blocks).toBeLessThanOrEqual(lstatSync(join(layer.upper, 'f')).blocks)
  expect(changesOf(layer)).toEqual([])
})
