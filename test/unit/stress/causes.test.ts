import { describe, expect, it } from 'vitest'
import type { AttemptError } from '../../../src/stress/attempt.ts'
import type { Attempt, LikelyCause } from '../../../src/stress/results.ts'
import { verdictsOf } from '../../../src/stress/verdicts.ts'
import { attempt, errorOf, killed, test, timeout, times } from '../../support/stress-attempts.ts'

const usual = [
  'shuffle=tests',
  'freeze=64ms',
  'cpu=0.25/1s',
  'cores=1,uv=1',
  'twins=2',
  'net=none,delay=50ms',
  'nofile=256',
  'tz=+14,locale=tr_TR,hostname=ci-7,monotonic=30d,boottime=30d',
]

/** A sweep in which a test fails under these knobs alone, and as often again to confirm it. */
function sweep(recipe: string, error: AttemptError, confirmed = 5): Attempt[] {
  const fails = [test('adds', [error])]
  return [
    ...times(5, () => attempt('baseline', '', [test('adds')])),
    ...[...new Set([...usual, recipe])].map((knobs) => attempt('sweep', knobs, knobs === recipe ? fails : [test('adds')])),
    ...times(confirmed, () => attempt('confirm', recipe, fails)),
  ]
}

function causeOf(attempts: readonly Attempt[]): LikelyCause | null {
  return verdictsOf(attempts)[0]?.cause ?? null
}

describe('the likely cause', () => {
  const unequal = errorOf('expected 1 to be 2')

  it.each([
    ['cpu=0.25/1s', unequal, 'async wait'],
    ['freeze=64ms', unequal, 'async wait'],
    ['cpu=0.25/1s', errorOf('connect ECONNREFUSED 127.0.0.1:3000'), 'async wait'],
    ['cpu=0.25/1s', timeout, 'async wait'],
    ['cpu=0.25/1s', errorOf("ENOENT: no such file or directory, open 'log.txt'"), 'async wait'],
    ['cores=1,uv=1', unequal, 'race'],
    ['cores=1', unequal, 'race'],
    ['shuffle=tests', unequal, 'order'],
    ['dns=none', errorOf('getaddrinfo EAI_AGAIN example.org'), 'network'],
    ['net=none', errorOf('connect ECONNREFUSED 127.0.0.1:3000'), 'network'],
    ['clock=200d', errorOf('expected 2026 to be 2027'), 'clock'],
    ['tz=+14', unequal, 'environment'],
    ['locale=tr_TR', unequal, 'environment'],
    ['twins=2', errorOf('listen EADDRINUSE: address already in use :::3000'), 'environment'],
    ['nofile=256', errorOf('EMFILE: too many open files'), 'resources'],
    ['memory=64M', unequal, 'resources'],
  ])('of what fails under %s', (recipe, error, expected) => {
    expect(causeOf(sweep(recipe, error))?.class).toBe(expected)
  })

  it('says what speaks for it, the strongest first', () => {
    expect(causeOf(sweep('cpu=0.25/1s', { ...timeout }))).toEqual({
      class: 'async wait',
      evidence: [
        'Of all that was turned, cpu=0.25/1s is enough: it failed 5 of 5 times.',
        'With cpu=0.25/1s it failed 6 of 6 times, without 0 of 5 (corrected p = 0.0079).',
        "All 6 failures ran into vitest's time limit when slowed down.",
      ],
    })
  })

  it.each([
    ['ran into the time limit', timeout],
    ['read what was not there', errorOf("ENOENT: no such file or directory, open 'log.txt'")],
    ['was refused', errorOf('connect ECONNREFUSED 127.0.0.1:3000')],
  ])('is unknown for what %s when slowed down, and may have so by chance', (_, error) => {
    expect(causeOf(sweep('freeze=64ms', error, 0))).toBeNull()
    expect(causeOf(sweep('cpu=0.1', error, 0))).toBeNull()
    // As often at full speed, though most runs were slow ones.
    const confirmed = times(20, (index) => attempt('confirm', 'cores=1,uv=1', [test('adds', index % 4 === 0 ? [error] : 'passed')]))
    const baseline = times(8, (index) => attempt('baseline', '', [test('adds', index % 4 === 0 ? [error] : 'passed')]))
    expect(causeOf([...baseline, ...confirmed])).toBeNull()
  })

  it('is unknown where one failure is all that speaks for it', () => {
    expect(causeOf(sweep('shuffle=tests', unequal, 0))).toBeNull()
  })

  it('is unknown where as many failures may be chance, among as many recipes', () => {
    const made = (failed: number, runs: number) =>
      times(runs, (index) => attempt('shrink', 'cpu=0.1/500ms', [test('adds', index < failed ? [unequal] : 'passed')]))
    const found = sweep('cpu=0.1/500ms', unequal, 0)
    expect(causeOf([...found, ...made(2, 12)])).toBeNull()
    expect(causeOf([...found, ...made(6, 12)])?.class).toBe('async wait')
    const others = ['cpu=0.2/500ms', 'cpu=0.4/500ms', 'cpu=0.1/250ms'].map((knobs) => attempt('shrink', knobs, [test('adds')]))
    expect(causeOf([...found, ...others, ...made(4, 12)])).toBeNull()
  })

  it('is unknown where one of twenty tests that ignore all knobs would have failed as often under its recipe', () => {
    const made = (failed: number, runs: number) =>
      times(runs, (index) => attempt('confirm', 'shuffle=tests', [test('adds', index < failed ? [timeout] : 'passed')]))
    const once = attempt('sweep', 'cores=1', [test('adds', [timeout])])
    const elsewhere = times(24, () => attempt('sweep', 'tz=+14', [test('adds')]))
    expect(causeOf([...sweep('shuffle=tests', timeout, 0), once, ...elsewhere, ...made(3, 10)])).toBeNull()
    expect(causeOf([...sweep('shuffle=tests', timeout, 0), once, ...elsewhere, ...made(8, 10)])?.class).toBe('order')
  })

  it('takes strengths of one knob together', () => {
    const sweep = ['freeze=64ms', 'freeze=128ms', 'freeze=256ms'].map((knobs) => attempt('sweep', knobs, [test('adds', [unequal])]))
    const passing = ['freeze=16ms', 'tz=+14'].map((knobs) => attempt('sweep', knobs, [test('adds')]))
    const baseline = times(15, () => attempt('baseline', '', [test('adds')]))
    expect(causeOf([...baseline, ...sweep, ...passing])).toEqual({
      class: 'async wait',
      evidence: [
        'With freeze=64ms or freeze=128ms or freeze=256ms it failed 3 of 4 times, without 0 of 15 (too few runs to rule out chance).',
      ],
    })
  })

  it('tells what hangs from what is slow', () => {
    const hanging = [test('adds', [timeout], { durationMs: 5003 })]
    const passing = times(10, () => attempt('baseline', '', [test('adds')]))
    const cause = causeOf([...passing, ...times(3, () => attempt('sweep', 'freeze=64ms', hanging))])
    expect(cause?.evidence).toContain(
      "All 3 failures ran into vitest's time limit when slowed down, and took no more than 12 ms when it passed: it waits for what never comes.",
    )
  })

  it('is of the knob that shrinking left, where several were turned', () => {
    const together = 'tz=+14,locale=tr_TR,hostname=ci-7,monotonic=30d,boottime=30d'
    const shrunk = times(4, () => attempt('shrink', 'monotonic=30d', [test('adds', [unequal])]))
    expect(causeOf([...sweep(together, unequal), ...shrunk])?.class).toBe('clock')
  })

  it('is randomness where the seed alone is left', () => {
    const shrunk = times(4, () => attempt('shrink', 'seed=7', [test('adds', [unequal])]))
    expect(causeOf([...sweep('freeze=64ms,seed=7', unequal, 0), ...shrunk])?.class).toBe('randomness')
  })

  it('is a leak where something went on after its test', () => {
    const late = errorOf('Cannot read properties of null: the environment has been torn down')
    expect(causeOf([...times(5, () => attempt('baseline', '', [test('adds')])), attempt('baseline', '', { errors: [late] })])?.class).toBe(
      'leak',
    )
  })

  it('is of resources for a file that its cap killed', () => {
    expect(causeOf([attempt('baseline', '', [test('adds')]), attempt('sweep', 'memory=64M', killed('memory', 'killed'))])?.class).toBe(
      'resources',
    )
  })

  it('is unknown for what fails now and then under anything', () => {
    const some = (phase: Attempt['phase'], knobs: string, index: number) =>
      attempt(phase, knobs, [test('adds', index % 3 === 0 ? [unequal] : 'passed')])
    expect(
      causeOf([...times(5, (index) => some('baseline', '', index)), ...usual.map((knobs, index) => some('sweep', knobs, index))]),
    ).toBeNull()
  })

  it('is unknown where suspects are of several classes', () => {
    const fails = (knobs: string) => attempt('sweep', knobs, [test('adds', [unequal])])
    const attempts = [...times(5, () => attempt('baseline', '', [test('adds')])), ...['cores=1', 'tz=+14', 'freeze=64ms'].map(fails)]
    expect(causeOf(attempts)).toBeNull()
  })

  it('is not asked for where nothing is flaky', () => {
    expect(causeOf([attempt('baseline', '', [test('adds')])])).toBeNull()
    expect(causeOf(times(3, () => attempt('baseline', '', [test('adds', [timeout])])))).toBeNull()
  })
})
