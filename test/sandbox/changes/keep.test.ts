// @module-tag root
// Promise: what a sandbox changed can be kept, and is a valid layer of an overlay again.

import { execFileSync } from 'node:child_process'
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { changesOf } from '../../../src/changes/changes-of.ts'
import { keepLayers } from '../../../src/changes/keep.ts'
import { readKept } from '../../../src/changes/read-kept.ts'
import { keptDescription } from '../../../src/config/kept.ts'
import { getXattr, listXattrs } from '../../../src/sys/xattr.ts'
import { attribute, changesBench } from '../../support/changes/bench.ts'
import { viewsThrough } from '../../support/changes/kept-view.ts'

const about = { command: ['npm', 'install'], startedMs: Date.UTC(2026, 0, 2, 3, 4, 5, 678) }

test('a layer is kept whole, and read back', async () => {
  const bench = changesBench({ gone: '', 'd/a': '', 'd/b': '' })
  const layer = await bench.layer(`
    rm gone; rm -r d; mkdir -m 2750 d; echo x > d/new; ln d/new link; touch -d '2001-02-03 04:05:06.123456789' d/new; mkdir made; touch made/by-nsbox
    truncate -s 1G sparse; ln -s nowhere s; mkfifo -m 600 fifo; ${attribute} d user.tag 1; ${attribute} d user.overlay.mine 2
    echo secret > shut; chmod 0 shut; mkdir -m 0 closed; chmod 711 .`)
  const directory = bench.beside('kept')
  expect(keepLayers([{ ...layer, ignore: [bench.path('made')] }], directory, about)).toEqual({ skipped: [], missing: [] })
  const kept = readKept(directory, keptDescription)
  expect(kept).toMatchObject({ ...about, layers: [{ target: bench.project, upper: join(directory, '0'), lowers: [bench.project] }] })
  expect(kept.createdMs).toBeGreaterThan(Date.now() - 60_000)
  const stat = (name: string) => lstatSync(join(directory, '0', name), { bigint: true })
  expect([stat('gone').isCharacterDevice(), stat('gone').rdev]).toEqual([true, 0n])
  expect(stat('d/new').mtimeNs).toBe(lstatSync(join(layer.upper, 'd/new'), { bigint: true }).mtimeNs)
  expect([stat('d/new').ino === stat('link').ino, stat('sparse').blocks < 1000n]).toEqual([true, true])
  expect(getXattr(Buffer.from(join(directory, '0/d')), 'user.overlay.opaque')?.toString()).toBe('y')
  expect(
    listXattrs(Buffer.from(join(directory, '0/d')))
      .filter((name) => name.startsWith('user.'))
      .sort(),
  ).toEqual(['user.overlay.opaque', 'user.overlay.overlay.mine', 'user.tag'])
  const changes = changesOf({ ...layer, upper: join(directory, '0') })
  expect(changes).toEqual(changesOf({ ...layer, ignore: [bench.path('made')] }))
  expect(changes.filter(({ kind }) => kind === 'added').map(({ path }) => path.slice(bench.project.length + 1))).toEqual([
    'closed',
    'd/new',
    'fifo',
    'link',
    's',
    'shut',
    'sparse',
  ])
})

test('a run that starts from what was kept, and is kept too', async () => {
  const bench = changesBench({ a: '1', 'd/e': '2', f: '3' })
  keepLayers([await bench.layer('echo one > a; rm -r d; mkdir d; touch d/first; rm f')], bench.beside('kept'), about)
  const [layer] = readKept(bench.beside('kept'), keptDescription).layers
  const lowers = [layer?.upper as string, bench.project]
  const [begun] = viewsThrough({ lowers, scratch: bench.beside('first') }, { lowers, scratch: bench.beside('second'), seed: 3, count: 40 })
  expect(Object.keys(begun as object)).toEqual(['.', 'a', 'd', 'd/first'])
  const second = { target: bench.project, upper: bench.beside('second/upper'), lowers }
  keepLayers([second], bench.beside('kept2'), about)
  const [kept, upper] = viewsThrough(
    { lowers: [bench.beside('kept2/0'), ...lowers], scratch: bench.beside('third') },
    { lowers: [second.upper, ...lowers], scratch: bench.beside('fourth') },
  )
  expect(kept).toEqual(upper)
  expect(readKept(bench.beside('kept2'), keptDescription).layers[0]?.lowers).toEqual(lowers)
})

test('links out of directories without permissions', async () => {
  const bench = changesBench()
  const layer = await bench.layer('mkdir a b; echo x > a/f; ln a/f b/f; chmod 0 a b')
  keepLayers([layer], bench.beside('kept'), about)
  expect(changesOf({ ...layer, upper: bench.beside('kept/0') })).toEqual(changesOf(layer))
  expect(['a', 'b'].map((name) => lstatSync(bench.beside(`kept/0/${name}`)).mode & 0o777)).toEqual([0, 0])
})

test('a directory that holds something is refused, an empty one is not', async () => {
  const bench = changesBench()
  const layer = await bench.layer('touch new')
  mkdirSync(bench.beside('full'))
  writeFileSync(bench.beside('full/mine'), '')
  writeFileSync(bench.beside('file'), '')
  for (const name of ['full', 'file']) {
    expect(() => keepLayers([layer], bench.beside(name), about)).toThrow(
      expect.objectContaining({
        code: 'ERR_NSBOX_KEEP',
        message: `${bench.beside(name)} is not an empty directory, so changes cannot be kept in it`,
      }),
    )
  }
  expect(readdirSync(bench.beside('full'))).toEqual(['mine'])
  mkdirSync(bench.beside('empty'))
  keepLayers([layer], bench.beside('empty'), about)
  expect(readdirSync(bench.beside('empty'))).toEqual(['0', 'nsbox.json'])
})

test('nothing is left of a failure', async () => {
  const bench = changesBench()
  const layer = await bench.layer('mkdir -p a/b; touch a/b/c; chmod 0 a/b')
  const layers = [layer, { ...layer, upper: bench.beside('missing') }]
  mkdirSync(bench.beside('empty'))
  expect(() => keepLayers(layers, bench.beside('kept'), about)).toThrow(/cannot be kept in .*ENOENT/)
  expect(() => keepLayers(layers, bench.beside('empty'), about)).toThrow(/cannot be kept in .*ENOENT/)
  expect([existsSync(bench.beside('kept')), readdirSync(bench.beside('empty'))]).toEqual([false, []])
  expect(() => keepLayers([layer], bench.beside('no/where'), about)).toThrow(/^The directory .*no\/where cannot be made: ENOENT/)
})

test('a full disk: what fits is kept, and the rest is named', async () => {
  const bench = changesBench()
  const layer = await bench.layer('mkdir d; echo 1 > d/a; head -c 3000000 /dev/zero | tr "\\0" x > d/big; echo 2 > z')
  mkdirSync(bench.beside('small'))
  const fixture = fileURLToPath(new URL('../../fixtures/changes/merge.ts', import.meta.url))
  const script =
    'mount -t tmpfs -o size=1m tmpfs "$1"; "$2" "$3" keep "$4" "$1/kept"; cd "$1/kept/0"; find . -type f | sort; cat ../nsbox.json'
  const words = [
    '--user',
    '--map-root-user',
    '--mount',
    '/bin/sh',
    '-ec',
    script,
    'sh',
    bench.beside('small'),
    process.execPath,
    fixture,
    JSON.stringify(layer),
  ]
  const [report, a, z, ...description] = execFileSync('unshare', words, { encoding: 'utf8' }).split('\n')
  const missing = [{ path: bench.path('d/big'), reason: 'ENOSPC: no space left on device, write' }]
  expect(JSON.parse(report as string)).toEqual({ skipped: [], missing })
  expect([a, z, JSON.parse(description.join('\n'))]).toEqual(['./d/a', './z', expect.objectContaining({ missing })])
})

test('descriptions that cannot be read are explained', async () => {
  const bench = changesBench()
  const directory = bench.beside('kept')
  const file = join(directory, 'nsbox.json')
  const problem = () => {
    try {
      return readKept(directory, keptDescription)
    } catch (error) {
      return (error as Error).message.replaceAll(file, 'FILE').replaceAll(`${bench.bench.root}/`, '')
    }
  }
  expect(problem()).toBe('kept holds no kept changes: there is no FILE')
  keepLayers([await bench.layer('touch new')], directory, about)
  const good = JSON.parse(readFileSync(file, 'utf8'))
  const withChange = (change: object) => {
    writeFileSync(file, JSON.stringify({ ...good, ...change }))
    return problem()
  }
  writeFileSync(file, '{ "version": 1,')
  expect(problem()).toMatch(/^FILE is damaged: /)
  writeFileSync(file, '[]')
  expect(problem()).toBe('FILE: it holds []; it must be an object')
  expect(withChange({ version: 2 })).toBe('FILE: version is 2, of a newer nsbox; this one reads version 1')
  expect(withChange({ version: 'x' })).toBe('FILE: version is "x"; it must be 1')
  expect(withChange({ started: 'yesterday' })).toBe('FILE: started is "yesterday": it must be a time in ISO 8601')
  expect(withChange({ overlays: [{ target: 'x', upper: '../..', lowers: [] }] })).toMatch(
    /overlays\.0\.target is "x": it must be an absolute path; overlays\.0\.upper is "\.\.\/\.\.": it must be a number; overlays\.0\.lowers is \[\]/,
  )
  writeFileSync(file, JSON.stringify(good))
  rmSync(join(directory, '0'), { recursive: true })
  expect(problem()).toBe('FILE names the directory kept/0, which is not there any more')
})
