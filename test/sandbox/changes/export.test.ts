// @module-tag root
// Promise: what a sandbox changed can be exported as a layer of an OCI image.

import { execFileSync } from 'node:child_process'
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { exportLayers } from '../../../src/changes/export.ts'
import { getXattr } from '../../../src/sys/xattr.ts'
import { attribute, changesBench } from '../../support/changes/bench.ts'

function tar(...words: string[]): string {
  return execFileSync('tar', words, { encoding: 'utf8', env: { ...process.env, LC_ALL: 'C', TZ: 'UTC' } })
}

test('as GNU tar lists it', async () => {
  const bench = changesBench({ gone: '', 'd/a': '' })
  const layer = await bench.layer(`
    rm gone; rm -r d; mkdir -m 2750 d; echo x > d/new; ln d/new link; ln -s nowhere s; mkfifo -m 600 fifo
    touch -d '2001-02-03 04:05:06Z' d/new fifo; touch -hd '2001-02-03 04:05:06Z' s; touch -d '2001-02-03 04:05:06Z' d`)
  expect(exportLayers([layer], layer.target, bench.beside('layer.tar'))).toEqual({ skipped: [] })
  const lines = tar('--numeric-owner', '-tvf', bench.beside('layer.tar')).trimEnd().split('\n')
  expect(lines.map((line) => line.replace(/ +/g, ' ').replace(/ 20(?!01)\S+ \S+/, ''))).toEqual([
    'drwxr-s--- 0/0 0 2001-02-03 04:05 d/',
    '-rw-r--r-- 0/0 0 2001-02-03 04:05 d/.wh..wh..opq',
    '-rw-r--r-- 0/0 2 2001-02-03 04:05 d/new',
    'prw------- 0/0 0 2001-02-03 04:05 fifo',
    '-rw-r--r-- 0/0 0 .wh.gone',
    'hrw-r--r-- 0/0 0 2001-02-03 04:05 link link to d/new',
    'lrwxrwxrwx 0/0 0 2001-02-03 04:05 s -> nowhere',
  ])
})

test('long names and targets, any bytes, attributes, exact times', async () => {
  const bench = changesBench()
  const long = 'x'.repeat(90)
  const layer = await bench.layer(`
    mkdir -p ${long}/${long}; echo deep > ${long}/${long}/file; ln -s ${long}${long} link; ln ${long}/${long}/file hard
    printf 1 > "$(printf 'new\nline')"; printf 2 > "$(printf 'bad\\377')"; printf 3 > 'ü ü'; printf 4 > "back\\\\slash"; ${attribute} hard user.tag "$(printf 'a\nb=c')"
    touch -d '2001-02-03 04:05:06.123456789Z' hard; touch -d '1960-01-01Z' old; chmod 0 old`)
  exportLayers([layer], layer.target, bench.beside('layer.tar'))
  mkdirSync(bench.beside('out'))
  tar('--xattrs', '--xattrs-include=user.*', '-xpf', bench.beside('layer.tar'), '-C', bench.beside('out'))
  const at = (name: string) => join(bench.beside('out'), name)
  expect(readdirSync(bench.beside('out'), 'latin1').sort()).toEqual(readdirSync(layer.upper, 'latin1').sort())
  expect(['new\nline', 'ü ü', 'back\\slash'].map((name) => readFileSync(at(name), 'utf8'))).toEqual(['1', '3', '4'])
  expect(lstatSync(at(`${long}/${long}/file`)).ino).toBe(lstatSync(at('hard')).ino)
  expect(readlinkSync(at('link'))).toBe(long + long)
  expect(getXattr(Buffer.from(at('hard')), 'user.tag')?.toString()).toBe('a\nb=c')
  expect(lstatSync(at('hard'), { bigint: true }).mtimeNs).toBe(981173106123456789n)
  expect(lstatSync(at('old')).mtime.getUTCFullYear()).toBe(1960)
})

test('a file beyond 8 GiB, whose holes are holes of the archive', async () => {
  const bench = changesBench()
  const size = 9 * 2 ** 30
  const layer = await bench.layer(`truncate -s ${size} huge; printf end >> huge; echo after > i`)
  exportLayers([layer], layer.target, bench.beside('layer.tar'))
  const { size: length, blocks } = statSync(bench.beside('layer.tar'))
  expect([length > size, blocks < 1000]).toEqual([true, true])
  expect(tar('--numeric-owner', '-tvf', bench.beside('layer.tar'))).toMatch(new RegExp(` ${size + 3} .* huge\n.* 6 .* i\n$`))
})

test('sockets and names that mean a whiteout are left out and named', async () => {
  const bench = changesBench()
  const listen = "require('net').createServer().listen('socket', () => process.exit())"
  const layer = await bench.layer(`${process.execPath} -e "${listen}"; touch .wh.real file; mkdir ignored; touch ignored/x`)
  const { skipped } = exportLayers([{ ...layer, ignore: [bench.path('ignored')] }], layer.target, bench.beside('layer.tar'))
  expect(skipped).toEqual(['.wh.real', 'socket'].map((name) => bench.path(name)))
  expect(tar('-tf', bench.beside('layer.tar'))).toBe('file\n')
})

test('nothing is left of a failure, and a file that was there stays', async () => {
  const bench = changesBench()
  const missing = { target: bench.project, upper: bench.beside('missing'), lowers: [bench.project] }
  writeFileSync(bench.beside('layer.tar'), 'mine')
  const before = readdirSync(bench.bench.root)
  expect(() => exportLayers([missing], missing.target, bench.beside('layer.tar'))).toThrow(
    expect.objectContaining({ code: 'ERR_NSBOX_EXPORT', errno: 'ENOENT' }),
  )
  expect(() => exportLayers([missing], missing.target, bench.beside('other.tar'))).toThrow(/cannot be exported to .*other\.tar: ENOENT/)
  expect([readdirSync(bench.bench.root), readFileSync(bench.beside('layer.tar'), 'utf8')]).toEqual([before, 'mine'])
  expect(existsSync(bench.beside('other.tar'))).toBe(false)
})
