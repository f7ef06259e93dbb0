import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import type { Attempt } from '../../../src/stress/results.ts'
import { AttemptStore, type PlanKey, storedPlan } from '../../../src/stress/store.ts'

const directory = mkdtempSync(join(tmpdir(), 'store-'))
afterAll(() => rmSync(directory, { recursive: true }))

const plan: PlanKey = { seed: 7, options: { runs: 3, words: [], shard: undefined }, files: { 'a.test.ts': 'abc' } }
const attempt = (number: number) => ({ number, phase: 'baseline' }) as Attempt
let stores = 0

function open() {
  const path = join(directory, `${++stores}`, 'attempts.jsonl')
  const said: string[] = []
  return { path, said, store: new AttemptStore(path, (words) => said.push(words)) }
}

test('what was written is there again', () => {
  const { store, path } = open()
  store.begin(plan, 'then')
  for (const number of [0, 1]) store.append(attempt(number))
  expect(store.resume(plan)).toEqual({ startedAt: 'then', attempts: [attempt(0), attempt(1)] })
  expect(storedPlan(path).seed).toBe(7)
})

test('a last line that was torn is not there, and what comes next is whole', () => {
  const { store, path } = open()
  store.begin(plan, 'then')
  store.append(attempt(0))
  appendFileSync(path, '{"number":1,"pha')
  expect(store.resume(plan).attempts).toEqual([attempt(0)])
  store.append(attempt(1))
  expect(store.resume(plan).attempts).toEqual([attempt(0), attempt(1)])
})

test('a link that a test put in its place, or in that of its directory, is not followed, and told once', () => {
  for (const swap of ['file', 'directory'] as const) {
    const { store, path, said } = open()
    store.begin(plan, 'then')
    store.append(attempt(0))
    const victim = join(directory, `victim-${stores}`)
    mkdirSync(victim)
    writeFileSync(join(victim, 'attempts.jsonl'), 'mine')
    rmSync(swap === 'file' ? path : dirname(path), { recursive: true })
    symlinkSync(swap === 'file' ? join(victim, 'attempts.jsonl') : victim, swap === 'file' ? path : dirname(path))
    for (const number of [1, 2]) store.append(attempt(number))
    expect(readFileSync(join(victim, 'attempts.jsonl'), 'utf8')).toBe('mine')
    expect(said).toEqual([expect.stringMatching(/cannot be written any more: .*ELOOP/)])
  }
})

test('another plan is refused by the names of what differs', () => {
  const { store, path } = open()
  store.begin(plan, 'then')
  const other = { seed: 7, options: { runs: 4, words: [] }, files: { 'a.test.ts': 'abd', 'b.test.ts': 'x' } }
  expect(() => store.resume(other)).toThrow(
    `--resume: ${path} is of another plan: --runs, the file a.test.ts, the file b.test.ts differ; resume it as it was begun`,
  )
  expect(readFileSync(path, 'utf8')).toContain('"runs":3')
})

test('nothing to resume, and what is no log, are told apart', () => {
  const { store, path } = open()
  expect(() => store.resume(plan)).toThrow(`--resume: there is no ${path}; begin without --resume`)
  mkdirSync(join(path, '..'))
  writeFileSync(path, '{"some":1}\n')
  expect(() => store.resume(plan)).toThrow('does not begin as the log of a campaign')
  writeFileSync(path, 'words\n')
  expect(() => store.resume(plan)).toThrow('line 1 is no JSON')
  writeFileSync(path, `${JSON.stringify({ version: 9, plan })}\n`)
  expect(() => store.resume(plan)).toThrow('is of version 9')
})

test('what cannot be written is said once', () => {
  const { path, store, said } = open()
  mkdirSync(path, { recursive: true })
  store.begin(plan, 'then')
  store.append(attempt(0))
  expect(said).toHaveLength(1)
  expect(said[0]).toContain(`${path} cannot be written any more: EISDIR`)
})
