// Promise: `nsbox merge` makes of shards what one machine would have made, and a disk that fills costs no more than what is not on it.

import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import { runMerge } from '../../src/cli/merge.ts'
import { readResults } from '../../src/config/results.ts'
import { builtCommand } from '../support/built-command.ts'
import { gridResults } from '../support/stress-results.ts'

const all = gridResults(20)
const repository = join(import.meta.dirname, '../..')
const directory = mkdtempSync(join(tmpdir(), 'nsbox-test-merge-'))
const shards = [1, 2, 3].map((index) => join(directory, `results-${index}.json`))
beforeAll(() => {
  for (const [at, path] of shards.entries()) {
    const attempts = all.attempts.filter(({ number }) => number % 3 === at)
    writeFileSync(path, JSON.stringify({ ...all, attempts, shard: { index: at + 1, count: 3 } }))
  }
})
afterAll(() => rmSync(directory, { recursive: true }))

function nsbox(...words: string[]): { status: number | null; stdout: string; stderr: string } {
  const env = { PATH: process.env['PATH'], HOME: directory }
  return spawnSync(process.execPath, [builtCommand, ...words], { cwd: directory, encoding: 'utf8', env, maxBuffer: 1024 ** 3 })
}

test('it reports and writes', () => {
  const { status, stdout, stderr } = nsbox('merge', ...shards, '--output', 'merged')
  expect(stderr).toBe(`written to ${join(directory, 'merged')}\n`)
  expect(status).toBe(1)
  expect(stdout).toMatch(/^FLAKY \d+\/245, .* {2}src\/cart\.test\.ts > cart > is saved after the debounce$/m)
  expect(readResults(join(directory, 'merged/results.json'))).toMatchObject({ tests: JSON.parse(JSON.stringify(all.tests)), shard: null })
  expect(readdirSync(join(directory, 'merged')).sort()).toEqual(['failures', 'index.html', 'junit.xml', 'results.json'])
})

test('a shard that is missing is named', () => {
  const { status, stdout, stderr } = nsbox('merge', shards[0] as string, shards[2] as string, '--output', 'two', '--json')
  expect(status).toBe(1)
  expect(stderr).toContain('nsbox merge: shard 2 is missing')
  expect(JSON.parse(stdout)).toMatchObject({ endedEarly: 'shard 2 of 3 is missing' })
})

test('a file that cannot be read is refused with exit code 2', () => {
  const { status, stderr } = nsbox('merge', 'no.json')
  expect(stderr).toContain('nsbox merge: no.json cannot be read: ENOENT')
  expect(status).toBe(2)
})

/** Without a process for each. */
describe('refused with exit code 2:', () => {
  test.each([
    [[shards[0], shards[0]], 'are both of shard 1 of 3'],
    [[], 'there are no results to merge'],
    [['--colour'], "Unknown option '--colour'"],
    [[shards[0], '--output='], '--output is ""'],
    [[shards[0], '--output=/dev/null/x'], '--output is /dev/null/x: /dev/null is no directory; name a directory that you can write to'],
  ] as [string[], string][])('%j', (words, message) => {
    const said = vi.spyOn(console, 'error').mockReturnValue()
    onTestFinished(() => said.mockRestore())
    expect(runMerge(words)).toBe(2)
    expect(said.mock.calls.join()).toContain(message)
  })
})

test('an output that is read-only is refused', () => {
  const words = ['--ro-bind', `${repository}:/mnt`, '--', process.execPath, builtCommand, 'merge', ...shards, '--output', '/mnt/new/out']
  const { status, stdout, stderr } = nsbox('run', '--ro-bind', repository, ...words)
  expect(stderr).toContain('nsbox merge: --output is /mnt/new/out: nothing can be made in /mnt: EROFS: read-only file system;')
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
})

test('all passed, and what was to be written is not: no exit code 0', () => {
  const passed = all.attempts.map((one) => ({ ...one, result: { ...one.result, end: 'passed', errors: [], tests: [] } }))
  const path = join(directory, 'passed.json')
  writeFileSync(path, JSON.stringify({ ...all, attempts: passed, shard: { index: 1, count: 1 } }))
  expect(nsbox('merge', path, '--output', 'passed').status).toBe(0)
  const words = ['--tmpfs', '/mnt:size=4K', '--', process.execPath, builtCommand, 'merge', path, '--output', '/mnt']
  const { status, stderr } = nsbox('run', '--ro-bind', repository, ...words)
  expect(stderr).toContain('nsbox merge: /mnt/results.json could not be written: the disk is full')
  expect(status).toBe(125)
})

test('on a disk that is full, what is not written is told, nothing is there in parts, and the report is printed', () => {
  const list = `for file in /mnt/* /mnt/failures/*; do echo "$file $(tail -c 20 "$file" 2>/dev/null | tail -n 1)"; done`
  const merge = [process.execPath, builtCommand, 'merge', ...shards, '--output', '/mnt'].map((word) => `'${word}'`).join(' ')
  const flags = ['--ro-bind', repository, '--tmpfs', '/mnt:size=320K']
  const { stdout, stderr } = nsbox('run', ...flags, '--', 'sh', '-c', `${merge}; echo "exit $?"; ${list}`)
  expect(stdout).toMatch(/^FLAKY \d+\/245/m)
  expect(stdout).toMatch(/^exit 1$/m)
  expect(stderr).toMatch(/^nsbox merge: \/mnt\/index\.html could not be written: the disk is full$/m)
  expect(stdout).toMatch(/^\/mnt\/results\.json .*\}$/m)
  expect(stdout).toMatch(/^\/mnt\/junit\.xml <\/testsuites>$/m)
  expect(stdout).not.toMatch(/\.new/)
})
