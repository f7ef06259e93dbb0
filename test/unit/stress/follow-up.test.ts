import { expect, test } from 'vitest'
import { withoutBroken } from '../../../src/stress/broken.ts'
import { failedAgain, hitsOf } from '../../../src/stress/follow-up.ts'
import { printRecipe } from '../../../src/stress/recipe.ts'
import { weakened } from '../../../src/stress/weaken.ts'
import * as made from '../../support/stress-attempts.ts'

const failed = (name: string, message = 'it failed') => made.test(name, [made.errorOf(message)])
const baseline = (...tests: ReturnType<typeof made.test>[]) => made.times(5, () => made.attempt('baseline', '', tests))

test('candidates: the highest rate first, then the fewest knobs; none at all is the last', () => {
  const attempts = [
    ...baseline(made.test('a')).slice(1),
    made.attempt('baseline', '', [failed('a')]),
    made.attempt('sweep', 'freeze=64ms,seed=1', [failed('a')]),
    made.attempt('sweep', 'freeze=64ms,seed=2', [made.test('a')]),
    made.attempt('sweep', 'cores=1,uv=1,seed=3', [failed('a')]),
    made.attempt('sweep', 'tz=+14,seed=4', [failed('a')]),
    made.attempt('sweep', 'twins=2,seed=5', [made.test('a')]),
  ]
  const [hit] = hitsOf(attempts, 5)
  expect(hit?.candidates.map(printRecipe)).toEqual(['n1:tz=+14,seed=4', 'n1:cores=1,uv=1,seed=3', 'n1:freeze=64ms,seed=1'])
})

test('one of each cluster, and no more than are asked for', () => {
  const sweep = [failed('a', 'alike'), failed('b', 'alike'), failed('c', 'something else entirely')]
  const attempts = [
    ...baseline(made.test('a'), made.test('b'), made.test('c')),
    made.attempt('sweep', 'tz=+14,seed=4', sweep),
    made.attempt('sweep', 'tz=+14,seed=5', sweep.slice(0, 2)),
  ]
  expect(hitsOf(attempts, 5).map(({ name }) => name)).toEqual(['a', 'c'])
  expect(hitsOf(attempts, 1).map(({ name }) => name)).toEqual(['a'])
})

test('what is broken, or only wants more time, is not looked at again', () => {
  const late = made.test('late', [made.timeout])
  const attempts = [...baseline(failed('broken'), made.test('late')), made.attempt('sweep', 'cpu=0.25,seed=4', [failed('broken'), late])]
  expect(hitsOf(attempts, 5)).toEqual([])
})

test('it has failed again when it failed the same way', () => {
  const hit = { file: 'src/a.test.ts', project: '', name: 'a', late: false, candidates: [] }
  const attempt = (...tests: ReturnType<typeof made.test>[]) => made.attempt('confirm', 'freeze=64ms', tests)
  expect(failedAgain(hit, attempt(failed('a')))).toBe(true)
  expect(failedAgain(hit, attempt(made.test('a'), failed('b')))).toBe(false)
  expect(failedAgain(hit, attempt(made.test('a', [made.timeout])))).toBe(false)
  expect(failedAgain({ ...hit, late: true }, attempt(made.test('a', [made.timeout])))).toBe(true)
  expect(failedAgain(hit, attempt(made.test('a', 'skipped')))).toBeNull()
})

test('broken tests are left out by their names, whatever these are', () => {
  const names = ['plain', 'suite > plain', 'a (b) [c] $1.5?', 'all plain']
  const attempts = baseline(...names.map((name) => (name === 'all plain' ? made.test(name) : failed(name))))
  const { nothing, testNamePattern = '' } = withoutBroken(attempts, undefined)
  const runs = (name: string) => new RegExp(testNamePattern).test(name.replaceAll(' > ', ' '))
  expect(nothing).toBe(false)
  expect(names.map(runs)).toEqual([false, false, false, true])
})

test('what was chosen stays chosen', () => {
  const { testNamePattern = '' } = withoutBroken(baseline(failed('one b'), made.test('one a')), '^one')
  const pattern = new RegExp(testNamePattern)
  expect(['one a', 'one b', 'two one', 'two'].map((name) => pattern.test(name))).toEqual([true, false, false, false])
})

test('a file without a good test is not gone on with', () => {
  expect(withoutBroken(baseline(failed('a')), undefined)).toEqual({ nothing: true })
  expect(withoutBroken(baseline(made.test('a', 'skipped')), undefined)).toEqual({ nothing: true })
  expect(withoutBroken(baseline(made.test('a')), undefined)).toEqual({ nothing: false })
})

test('weaker is half of what a knob takes away', () => {
  const cpu = { share: 0.25, periodMs: 100 }
  expect(weakened({ cpu, tz: '+14' }, 'cpu')).toEqual({ cpu: { share: 0.5, periodMs: 100 }, tz: '+14' })
  expect(weakened({ cpu: { ...cpu, share: 0.5 } }, 'cpu')).toBeUndefined()
  expect(weakened({ freeze: 64 }, 'freeze')).toEqual({ freeze: 32 })
  expect(weakened({ freeze: 1 }, 'freeze')).toBeUndefined()
  expect(weakened({ memory: 100 }, 'memory')).toEqual({ memory: 200 })
  expect(weakened({ clock: -86_400_000 }, 'clock')).toEqual({ clock: -43_200_000 })
  expect(weakened({ clock: '2027-12-31T23:59' }, 'clock')).toBeUndefined()
  expect(weakened({ tz: '+14' }, 'tz')).toBeUndefined()
})
