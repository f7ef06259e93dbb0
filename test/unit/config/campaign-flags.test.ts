// Promise: flags of nsbox repro and nsbox threshold are told from names and from vitest's words, and what is wrong with one is said.

import { describe, expect, test } from 'vitest'
import { parseReproFlags, reproHelp } from '../../../src/config/repro-flags.ts'
import { parseThresholdFlags, thresholdHelp } from '../../../src/config/threshold-flags.ts'

describe('nsbox repro', () => {
  test('takes a test, its flags, and words for vitest', () => {
    const words = ['--config', 'x.ts', 'a.test.ts > it', '--recipe=n1:cpu=0.5', '--runs', '7', '--nsbox.memory=64M', '--', '--retry=0']
    expect(parseReproFlags(words)).toEqual({
      test: 'a.test.ts > it',
      recipe: 'n1:cpu=0.5',
      results: '.nsbox/results.json',
      runs: 7,
      alone: false,
      check: false,
      shell: false,
      inspect: undefined,
      timeout: 300_000,
      prefer: false,
      help: false,
      vitest: ['--config', 'x.ts', '--nsbox.memory=64M', '--retry=0'],
    })
  })

  test.each([
    [['--inspect'], { brk: false, port: 9229 }],
    [['--inspect-brk=99'], { brk: true, port: 99 }],
  ])('a debugger: %j', (words, inspect) => {
    expect(parseReproFlags(words)).toMatchObject({ inspect })
  })

  test.each([
    [
      ['--rnus=1'],
      'nsbox repro: unknown flag --rnus (did you mean "--runs"?); nsbox repro --help lists them, and those of vitest come after --',
    ],
    [['-t', 'x'], 'nsbox repro: unknown flag -t'],
    [['--runs'], 'nsbox repro: --runs needs a value: --runs N'],
    [['--config', '--'], 'nsbox repro: --config needs a value: --config PATH'],
    [['--runs=0'], 'nsbox repro: --runs is "0": it must be a whole number from 1 to 1000000'],
    [['--duration=5'], 'nsbox repro: --duration is "5": it must be a duration with its unit, such as 250ms, 30s, 5m or 1h'],
    [['--duration=-5s'], 'nsbox repro: --duration is "-5s": it must be above 0, such as 30s, 5m or 1h'],
    [['--check=yes'], 'nsbox repro: --check takes no value, and was given "yes"'],
    [['--timeout=25d'], 'nsbox repro: --timeout is "25d": it must be from 1ms to 24d'],
    [['--inspect=0'], 'nsbox repro: --inspect is "0": it must be a port from 1 to 65535'],
    [['a > b', 'c'], 'nsbox repro: one test at a time: "a > b" and "c" are two; quote a name with blanks'],
    [['--shell', '--check'], 'nsbox repro: --check and --shell exclude each other'],
    [['--inspect', '--inspect-brk'], 'nsbox repro: --inspect and --inspect-brk exclude each other'],
    [['--inspect', '--runs=2'], 'nsbox repro: a debugger has one run: leave --runs out'],
    [['--check', '--duration=5s'], 'nsbox repro: --check makes all its runs, and --duration would end it before: say --runs'],
  ])('%j is wrong', (words, message) => {
    expect(() => parseReproFlags(words)).toThrow(message)
  })

  test('its help has every flag', () => {
    expect(reproHelp()).toMatch(/--recipe RECIPE.*--inspect\[=PORT\].*-h, --help/s)
  })
})

describe('nsbox threshold', () => {
  test('takes files, and the names of tests', () => {
    expect(parseThresholdFlags(['src', '-t', 'adds', '--only=cpu', 'b.test.ts', '--project', 'web'])).toMatchObject({
      filters: ['src', 'b.test.ts'],
      testNamePattern: 'adds',
      runs: 10,
      only: 'cpu',
      json: false,
      vitest: ['--project', 'web'],
    })
  })

  test.each([
    [['--only=disk'], 'nsbox threshold: --only is "disk"; it must be one of "cpu", "memory"'],
    [['-t', '('], 'nsbox threshold: --testNamePattern is "(": it must be a regular expression: '],
    [['--jobs=many'], 'nsbox threshold: --jobs is "many": it must be a whole number from 1 to 1024'],
  ])('%j is wrong', (words, message) => {
    expect(() => parseThresholdFlags(words)).toThrow(message)
  })

  test('its help has every flag', () => {
    expect(thresholdHelp()).toMatch(/-t, --testNamePattern PATTERN.*--runs N/s)
  })
})
