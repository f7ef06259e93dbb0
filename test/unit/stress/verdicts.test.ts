import { describe, expect, it } from 'vitest'
import { isSuspect } from '../../../src/stress/effects.ts'
import type { TestVerdict } from '../../../src/stress/results.ts'
import { verdictsOf } from '../../../src/stress/verdicts.ts'
import { attempt, errorOf, killed, test, timeout, times } from '../../support/stress-attempts.ts'

const fails = [test('adds', [errorOf('expected 1 to be 2')])]
const passes = [test('adds')]
const baseline = () => times(5, () => attempt('baseline', '', passes))
const others = () =>
  ['shuffle=tests', 'freeze=64ms', 'tz=+14', 'net=none', 'twins=2', 'nofile=64'].map((knobs) => attempt('sweep', knobs, passes))

function only(attempts: Parameters<typeof verdictsOf>[0]): TestVerdict {
  const verdicts = verdictsOf(attempts)
  expect(verdicts).toHaveLength(1)
  return verdicts[0] as TestVerdict
}

describe('the verdict', () => {
  it('is PASS for what never failed', () => {
    const verdict = only([...baseline(), attempt('sweep', 'cpu=0.25', passes)])
    expect(verdict).toMatchObject({ verdict: 'PASS', failed: 0, runs: 6, name: 'adds', line: 3, recipe: null, cause: null })
    expect(verdict.interval[1]).toBeCloseTo(0.39, 2)
  })

  it('is FLAKY for what failed now and then, and runs that confirm do not count', () => {
    const confirms = times(4, () => attempt('confirm', 'cpu=0.25,seed=7', fails))
    const verdict = only([...baseline(), ...times(2, () => attempt('sweep', 'cpu=0.25,seed=7', fails)), ...confirms])
    expect(verdict).toMatchObject({ verdict: 'FLAKY', failed: 2, runs: 7, baseline: { failed: 0, runs: 5 } })
  })

  it('is FLAKY for what failed in some runs of the baseline', () => {
    expect(only([attempt('baseline', '', fails), ...baseline()])).toMatchObject({ verdict: 'FLAKY', baseline: { failed: 1, runs: 6 } })
  })

  it('is BROKEN for what failed in every run of the baseline', () => {
    const verdict = only([...times(5, () => attempt('baseline', '', fails)), attempt('sweep', 'tz=+14', passes)])
    expect(verdict).toMatchObject({ verdict: 'BROKEN', failed: 5, runs: 6, recipe: null })
    expect(only([attempt('baseline', '', fails)]).verdict).toBe('BROKEN')
  })

  it('is not BROKEN by one run of a baseline, when it was seen to pass', () => {
    expect(only([attempt('baseline', '', fails), attempt('sweep', 'tz=+14', passes)]).verdict).toBe('FLAKY')
  })

  it('is BUDGET where only time-outs under what slows it were met', () => {
    const late = [test('adds', [timeout])]
    expect(only([...baseline(), attempt('sweep', 'cpu=0.1', late)]).verdict).toBe('BUDGET')
    expect(only([...baseline(), attempt('sweep', 'cpu=0.1', late), attempt('sweep', 'cpu=0.1', fails)]).verdict).toBe('FLAKY')
    expect(only([...baseline(), attempt('sweep', 'tz=+14', late)]).verdict).toBe('FLAKY')
    expect(only([...baseline(), attempt('baseline', '', late), attempt('sweep', 'cpu=0.1', late)]).verdict).toBe('FLAKY')
  })

  it('is not BUDGET for what takes 12 ms and then waits for ever', () => {
    const endless = [test('adds', [timeout], { durationMs: 5003 })]
    expect(only([...baseline(), attempt('sweep', 'freeze=64ms', endless)]).verdict).toBe('FLAKY')
  })

  it('is KILLED for a file that never told, beside its tests', () => {
    const verdicts = verdictsOf([...baseline(), attempt('sweep', 'memory=64M', killed('memory', 'killed by its memory cap of 64 MiB'))])
    expect(verdicts).toMatchObject([
      { name: null, verdict: 'KILLED', failed: 1, runs: 6 },
      { name: 'adds', verdict: 'PASS', failed: 0, runs: 5 },
    ])
  })

  it('is KILLED by time only where nothing slowed it', () => {
    const late = killed('time', 'killed after 60 s')
    expect(verdictsOf([attempt('sweep', 'cpu=0.1', late)])[0]).toMatchObject({ name: null, verdict: 'BUDGET' })
    expect(verdictsOf([attempt('sweep', 'net=none', late)])[0]).toMatchObject({ name: null, verdict: 'KILLED' })
  })

  it('is KILLED for the test that ran when its worker was killed', () => {
    const words = 'killed by its memory cap of 64 MiB (peak 64 MiB)'
    const during = {
      ...killed('memory', words),
      tests: [test('adds', [errorOf(`worker ended: ${words}`)]), test('before', [errorOf('boom')])],
    }
    const verdicts = verdictsOf([attempt('baseline', '', [test('adds'), test('before')]), attempt('sweep', 'memory=64M', during)])
    expect(verdicts.map(({ name, verdict }) => [name, verdict])).toEqual([
      [null, 'KILLED'],
      ['adds', 'KILLED'],
      ['before', 'FLAKY'],
    ])
  })

  it('counts errors of no test for the file, and a failure without any too', () => {
    expect(verdictsOf([...baseline(), attempt('sweep', 'net=none', { errors: [errorOf('getaddrinfo ENOTFOUND db')] })])[0]).toMatchObject({
      name: null,
      verdict: 'FLAKY',
    })
    expect(verdictsOf([...baseline(), attempt('sweep', 'net=none', { end: 'failed' })])[0]).toMatchObject({ name: null, verdict: 'FLAKY' })
  })

  it('does not count a test that was skipped', () => {
    const attempts = [...baseline(), attempt('confirm', 'cpu=0.25', [test('adds', 'skipped'), test('never', 'skipped')])]
    expect(verdictsOf(attempts)).toMatchObject([{ name: 'adds', runs: 5 }])
  })

  it('takes two of one name for one, which fails where either does', () => {
    expect(only([attempt('baseline', '', passes), attempt('sweep', 'twins=2', [...passes, ...fails])])).toMatchObject({
      failed: 1,
      runs: 2,
    })
  })

  it('keeps files and projects apart', () => {
    const attempts = [attempt('baseline', '', passes), attempt('baseline', '', fails, 'src/b.test.ts')]
    expect(verdictsOf(attempts).map(({ file, verdict }) => [file, verdict])).toEqual([
      ['src/a.test.ts', 'PASS'],
      ['src/b.test.ts', 'BROKEN'],
    ])
  })
})

describe('effects', () => {
  const hits = () => times(2, (index) => attempt('sweep', `cpu=0.25,seed=${index}`, fails))

  it('are suspects after two of two against none of five: chance does that once in 21 for each knob', () => {
    const { effects } = only([...baseline(), ...hits(), ...others()])
    expect(effects).toHaveLength(7)
    expect(effects[0]).toMatchObject({ knobs: 'cpu=0.25', names: ['cpu'], failed: 2, runs: 2, guilty: false })
    expect(effects[0]?.p).toBeCloseTo(1 / 21, 12)
    expect(effects[0]?.pCorrected).toBeCloseTo(7 / 21, 12)
    expect(effects[0]?.amplification).toBeCloseTo(10, 12)
    expect(effects.map(isSuspect)).toEqual([true, ...times(6, () => false)])
  })

  it('are guilty once runs have confirmed it', () => {
    const { effects } = only([...baseline(), ...hits(), ...others(), ...times(5, () => attempt('confirm', 'cpu=0.25,seed=0', fails))])
    expect(effects[0]).toMatchObject({ knobs: 'cpu=0.25', failed: 7, runs: 7, guilty: true })
    // Five of five that confirmed it against none of five, and two families: the one of it alone, and that of all others.
    expect(effects[0]?.p).toBeCloseTo(1 / 252, 12)
    expect(effects[0]?.pCorrected).toBeCloseTo(2 / 252, 12)
    expect(effects.filter(({ guilty }) => guilty)).toHaveLength(1)
  })

  it('are suspects no more where the runs that were to confirm it did not', () => {
    const { effects } = only([...baseline(), ...hits(), ...others(), ...times(5, () => attempt('confirm', 'cpu=0.25,seed=0', passes))])
    expect(effects.find(({ knobs }) => knobs === 'cpu=0.25')).toMatchObject({ failed: 2, runs: 7, p: 1, guilty: false })
    expect(effects.some(isSuspect)).toBe(false)
  })

  it('accuse nobody where the baseline fails as often', () => {
    const mixed = (phase: 'baseline' | 'grid', knobs: string) =>
      times(20, (index) => attempt(phase, knobs, index % 2 === 0 ? fails : passes))
    const { effects } = only([...mixed('baseline', ''), ...mixed('grid', 'cpu=0.25'), ...mixed('grid', 'cpu=0.5')])
    expect(effects.map(({ guilty, amplification }) => [guilty, amplification])).toEqual([
      [false, 1],
      [false, 1],
    ])
  })

  it('leave out recipes that were only shrunk to', () => {
    const { effects } = only([...baseline(), ...hits(), attempt('shrink', 'cpu=0.5', fails)])
    expect(effects.map(({ knobs }) => knobs)).toEqual(['cpu=0.25'])
  })
})

describe('the recipe', () => {
  it('is the last and smallest that still fails', () => {
    const { recipe } = only([
      ...baseline(),
      attempt('sweep', 'cpu=0.1,freeze=1s,seed=7', fails),
      ...times(4, () => attempt('confirm', 'cpu=0.1,freeze=1s,seed=7', fails)),
      ...times(4, () => attempt('shrink', 'freeze=1s,seed=7', passes)),
      ...times(4, () => attempt('shrink', 'cpu=0.1,seed=7', fails)),
      ...times(4, (index) => attempt('shrink', 'cpu=0.25,seed=7', index === 0 ? passes : fails)),
      ...times(4, (index) => attempt('shrink', 'cpu=0.5,seed=7', index === 0 ? fails : passes)),
    ])
    expect(recipe).toMatchObject({
      text: 'n1:cpu=0.25,seed=7',
      failed: 3,
      runs: 4,
      knobs: { cpu: { share: 0.25, periodMs: 100 }, seed: 7 },
    })
  })

  it('is that of the sweep where nothing was confirmed', () => {
    const { recipe } = only([...baseline(), attempt('sweep', 'cpu=0.25,seed=1', fails), attempt('sweep', 'cpu=0.25,seed=2', passes)])
    expect(recipe).toMatchObject({ text: 'n1:cpu=0.25,seed=1', failed: 1, runs: 1 })
  })

  it('turns nothing where only the baseline failed', () => {
    expect(only([attempt('baseline', '', fails), ...baseline()]).recipe).toMatchObject({ text: 'n1:', failed: 1, runs: 6 })
  })
})
