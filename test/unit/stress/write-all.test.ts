// Promise: what a campaign leaves is whole, none of it is an earlier one's, and what cannot be written does not cost the rest.

import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { readResults } from '../../../src/config/results.ts'
import { writeOutputs } from '../../../src/stress/output/write-all.ts'
import { gridResults, hostileResults, results } from '../../support/stress-results.ts'

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'nsbox-test-output-'))
})
afterEach(() => rmSync(directory, { recursive: true }))

function write(content = gridResults(), name = '.nsbox', env: NodeJS.ProcessEnv = {}) {
  const printed: string[] = []
  const place = join(directory, name)
  return { place, printed, ...writeOutputs(content, place, { env, root: directory, print: (text) => printed.push(text) }) }
}

test('all files are there, and nothing else', () => {
  const { place, files, problems, isWhole, printed } = write()
  expect({ problems, isWhole }).toEqual({ problems: [], isWhole: true })
  expect(files).toEqual(['results.json', 'junit.xml', 'index.html', 'failures'].map((name) => join(place, name)))
  expect(readdirSync(place).sort()).toEqual(['.gitignore', 'failures', 'index.html', 'junit.xml', 'results.json'])
  expect(readFileSync(join(place, '.gitignore'), 'utf8')).toBe('*\n')
  expect(readResults(join(place, 'results.json')).attempts).toHaveLength(145)
  expect(printed).toEqual([])
})

test('each failure has a log', () => {
  const { place } = write()
  const logs = readdirSync(join(place, 'failures'))
  expect(logs).toHaveLength(65)
  expect(logs[0]).toBe('00005-src-cart.test.ts.log')
  const text = readFileSync(join(place, 'failures', logs[0] as string), 'utf8')
  expect(text).toMatch(/^src\/cart\.test\.ts: failed\nattempt 5 \(grid\), 2026-/)
  expect(text).toMatch(/^3\.\d s wall, \d+ ms CPU, peak memory \d+ MiB$/m)
  expect(text).toMatch(
    /^nsbox repro 'src\/cart\.test\.ts > cart > is saved after the debounce' --recipe n1:cpu=0\.1\/1s,memory=64M,seed=1005$/m,
  )
  expect(text).toContain('saving the cart …')
})

test('logs stay in their directory whatever files are called', () => {
  const { place } = write(hostileResults())
  for (const name of readdirSync(join(place, 'failures'))) expect(name).toMatch(/^\d{5}-[\w.-]+\.log$/)
})

test('logs of an earlier campaign are gone, and what is not nsbox’s stays', () => {
  const { place } = write()
  writeFileSync(join(place, 'failures/mine.log'), '')
  write(results())
  expect(readdirSync(join(place, 'failures'))).toEqual(['mine.log'])
})

test('a directory of another name is not hidden from git', () => {
  const { place } = write(results(), 'reports')
  expect(existsSync(join(place, '.gitignore'))).toBe(false)
})

test('what cannot be written is told, and the rest is written', () => {
  mkdirSync(join(directory, '.nsbox/junit.xml'), { recursive: true })
  writeFileSync(join(directory, '.nsbox/failures'), '')
  const { place, files, problems, isWhole } = write()
  expect(files).toEqual([join(place, 'results.json'), join(place, 'index.html')])
  expect(isWhole).toBe(false)
  expect(problems).toEqual([
    expect.stringMatching(/junit\.xml could not be written: EISDIR/),
    expect.stringMatching(/failures could not be written: ENOTDIR/),
  ])
  expect(readdirSync(place).filter((name) => name.endsWith('.new'))).toEqual([])
})

test('a directory that cannot be made is told once, with the reason', () => {
  writeFileSync(join(directory, 'file'), '')
  const { place, files, problems, isWhole } = write(results(), 'file/out')
  expect({ files, problems, isWhole }).toEqual({ files: [], problems: [`${place} could not be written: ENOTDIR`], isWhole: false })
})

test('a job of GitHub has annotations, and a table behind what its summary has', () => {
  const summary = join(directory, 'summary.md')
  writeFileSync(summary, '# Before\n')
  const env = { GITHUB_ACTIONS: 'true', GITHUB_STEP_SUMMARY: summary }
  const { printed } = write(gridResults(), '.nsbox', env)
  expect(printed).toHaveLength(2)
  // What GitHub does not take is no loss of the directory's.
  expect(write(results(), '.nsbox', { ...env, GITHUB_STEP_SUMMARY: directory })).toMatchObject({
    problems: [expect.any(String)],
    isWhole: true,
  })
  expect(printed[0]).toMatch(/^::error file=src\/cart\.test\.ts,line=12,.*\n$/)
  expect(write(results({ shard: { index: 1, count: 2 } }), '.nsbox', { GITHUB_ACTIONS: 'true' }).printed).toEqual([])
  expect(readFileSync(summary, 'utf8')).toMatch(/^# Before\n### nsbox stress: 2 of 4 tests failed\n/)
})
