import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parseStressFlags, stressHelp } from '../../../src/config/stress-flags.ts'
import { knobNames } from '../../../src/stress/knobs.ts'

const parse = (...words: string[]) => parseStressFlags(words)

test('without words it is the sweep of everything', () => {
  expect(parse()).toMatchObject({ filters: [], values: {}, untilFail: false, resume: false, prefer: false, output: '.nsbox', vitest: [] })
})

test('a knob has one value or several', () => {
  const { values } = parse('--cpu', '0.1,0.25/1s', '--memory=64M,256M', '--tz', '+14', '--shuffle', 'tests', '--monotonic', '-1h')
  expect(values).toEqual({
    cpu: [
      { share: 0.1, periodMs: 100 },
      { share: 0.25, periodMs: 1000 },
    ],
    memory: [64 * 1024 ** 2, 256 * 1024 ** 2],
    tz: ['+14'],
    monotonic: [-3_600_000],
    shuffle: ['tests'],
  })
})

test('how long it goes on', () => {
  expect(parse('--runs', '50', '--duration=10m', '--until-fail')).toMatchObject({ runs: 50, duration: 600_000, untilFail: true })
  expect(parse('--budget', '600').budget).toBe(600_000)
  expect(parse('--budget', '10m').budget).toBe(600_000)
  expect(parse('--timeout', '2m').timeout).toBe(120_000)
  expect(parse('--shard', '2/4').shard).toEqual({ index: 2, count: 4 })
})

test("files, names of tests and vitest's own words", () => {
  const words = ['src', '-t', 'a name', '--root', 'web', '--nsbox.memory=64M', 'lib', '--', '--exclude', 'x']
  expect(parse(...words)).toMatchObject({
    filters: ['src', 'lib'],
    testNamePattern: 'a name',
    vitest: ['--root', 'web', '--nsbox.memory=64M', '--exclude', 'x'],
  })
})

test.each([
  [['--cpus', '1'], 'nsbox stress: unknown flag --cpus (did you mean "--cpu"?)'],
  [['--cpu', '2x'], 'knob cpu is "2x": it must be a number of processors'],
  [['--uid', 'rot'], 'knob uid is "rot": it must be one of root, caller (did you mean "root"?)'],
  [['--delay'], 'nsbox stress: --delay needs a value: --delay TIME'],
  [['--freeze'], 'nsbox stress: --freeze needs a value: --freeze TIME'],
  [['--runs', '0'], 'nsbox stress: --runs is "0": it must be a whole number from 1 to 1000000'],
  [['--duration', '10'], 'nsbox stress: --duration is "10": it must be a duration with its unit, such as 250ms, 30s, 5m or 1h'],
  [['--budget', '0'], 'nsbox stress: --budget is "0": it must be above 0'],
  [['--shard', '3/2'], 'nsbox stress: --shard is "3/2": it must be a part of all, from 1: 2/4 is the second of four'],
  [['-t', '('], 'nsbox stress: --testNamePattern is "(": it must be a regular expression'],
  [['--until-fail=yes'], 'nsbox stress: --until-fail takes no value, and was given "yes"'],
  [['--prefer=yes'], 'nsbox stress: --prefer takes no value, and was given "yes"'],
  [['--output', ''], 'nsbox stress: --output is "": it must be a path'],
])('%j', (words, message) => {
  expect(() => parse(...words)).toThrow(message)
})

test('the help has every knob, and the README too', () => {
  for (const name of knobNames) expect(stressHelp()).toContain(`  --${name} `)
  const readme = readFileSync(join(import.meta.dirname, '../../../README.md'), 'utf8')
  const rows = /^### Knobs\n(.*?)^###? /ms.exec(readme)?.[1]
  for (const name of knobNames) expect(rows).toMatch(new RegExp(`^\\| [^|]*\`${name}[=\`]`, 'm'))
})
