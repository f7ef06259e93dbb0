import { describe, expect, it } from 'vitest'
import { timeZoneName } from '../../../src/config/time-zones.ts'
import { type Knobs, knobNames } from '../../../src/stress/knobs.ts'
import { parseKnob, parseRecipe, printKnob, printKnobs, printRecipe } from '../../../src/stress/recipe.ts'

describe('printRecipe', () => {
  it('has knobs in their order, seed last', () => {
    const knobs: Knobs = { seed: 77, tz: '+14', freeze: 64, cpu: { share: 0.25, periodMs: 1000 } }
    expect(printRecipe(knobs)).toBe('n1:cpu=0.25/1s,freeze=64ms,tz=+14,seed=77')
    expect(printKnobs(knobs)).toBe('cpu=0.25/1s,freeze=64ms,tz=+14')
  })

  it('is the version alone where nothing is turned', () => {
    expect(printRecipe({})).toBe('n1:')
    expect(parseRecipe('n1:')).toEqual({})
  })

  it('writes quantities as people do', () => {
    const knobs: Knobs = {
      cpu: { share: 0.5, periodMs: 100 },
      memory: 64 * 1024 ** 2,
      loss: 0.07,
      clock: 30 * 86_400_000,
      monotonic: -90_000,
    }
    expect(printRecipe(knobs)).toBe('n1:cpu=0.5,memory=64M,loss=7%,monotonic=-90s,clock=30d')
  })
})

describe('parseRecipe', () => {
  it('takes knobs in any order', () => {
    expect(parseRecipe('n1:seed=1,cpu=50%/20ms')).toEqual({ seed: 1, cpu: { share: 0.5, periodMs: 20 } })
  })

  // Many tests, so that none is long beside whatever else runs here.
  it.each(Array.from({ length: 20 }, (_, index) => 20_260 + index))(
    'answers every value as it was, over random knobs, from seed %i',
    (seed) => {
      const random = randomFrom(seed)
      for (let round = 0; round < 100; round++) {
        const knobs = randomKnobs(random)
        const recipe = printRecipe(knobs)
        expect(recipe).toMatch(/^n1:[\w=,.:/%+@-]*$/)
        const parsed = parseRecipe(recipe)
        expect([parsed, printRecipe(parsed)]).toEqual([knobs, recipe])
      }
    },
  )

  it.each([
    ['cpu=0.5', 'recipe "cpu=0.5" must begin with its version: n1:cpu=0.25,seed=77'],
    ['n2:cpu=0.5', 'recipe "n2:cpu=0.5" is of version n2, and this nsbox knows n1; run it with the nsbox that printed it'],
    ['n1:freze=1s', 'unknown knob "freze" (did you mean "freeze"?); known are cpu, cores, '],
    ['n1:constructor=1', 'unknown knob "constructor"'],
    ['n1:cpu', 'recipe "n1:cpu": "cpu" must be a knob and its value, such as cpu=0.25'],
    ['n1:cpu=1,', '"" must be a knob and its value'],
    ['n1:cpu=1,cpu=2', 'recipe "n1:cpu=1,cpu=2" has the knob cpu twice; leave one out'],
    ['n1:cpu=0', 'knob cpu is "0": that is 0 ms of each 100 ms, and the least is 1 ms'],
    ['n1:cpu=', 'knob cpu is "": it must be a number of processors such as 0.5'],
    ['n1:loss=200%', 'knob loss is "200%": it must be from 0.01% to 100%, such as 5%'],
    ['n1:tz=Mars/Phobos', 'knob tz is "Mars/Phobos": it must be the name of a time zone, such as Asia/Tokyo, or hours ahead of UTC'],
    ['n1:tz=asia/tokyo', 'did you mean "Asia/Tokyo"?'],
    ['n1:tz=+15', 'knob tz is "+15": hours ahead of UTC are from -12 to +14'],
    ['n1:tz=+5:10', 'knob tz is "+5:10": parts of an hour'],
    ['n1:locale=xx_YY_ZZ', 'knob locale is "xx_YY_ZZ": it must be a language and a country, such as tr_TR, or C'],
    ['n1:locale=xx_TR', 'knob locale is "xx_TR": there is no language "xx"'],
    ['n1:locale=tr_QQ', 'knob locale is "tr_QQ": there is no country "QQ"'],
    ['n1:locale=tr_TR.UTF-8', 'it is written without its encoding'],
    ['n1:twins=1', 'knob twins is "1": it must be copies at once, a whole number from 2 to 16'],
    ['n1:uv=0', 'knob uv is "0": it must be threads of libuv\'s pool, a whole number from 1 to 1024'],
    ['n1:cores=1.5', 'knob cores is "1.5"'],
    ['n1:memory=10K', 'knob memory is "10K": no program runs in less than 1M'],
    ['n1:disk=1', 'knob disk is "1": no file fits in less than 4K'],
    ['n1:freeze=64', 'knob freeze is "64": it must be a duration with its unit'],
    ['n1:freeze=-1s', 'knob freeze is "-1s": it must be from 1ms to 1m'],
    ['n1:clock=0s', 'knob clock is "0s": it must be whole milliseconds'],
    ['n1:clock=2027-02-29T12:00', 'knob clock is "2027-02-29T12:00": it must be a local time such as 2027-01-31T23:59'],
    ['n1:net=host', 'knob net is "host": it must be none'],
    ['n1:shuffle=test', 'it must be one of tests, files, all (did you mean "tests"?)'],
    ['n1:hostname=-a', 'knob hostname is "-a": a host name has letters'],
    ['n1:seed=-1', 'knob seed is "-1"'],
  ])('refuses %s', (recipe, words) => {
    expect(() => parseRecipe(recipe)).toThrow(
      expect.objectContaining({ code: 'ERR_NSBOX_CONFIG', message: expect.stringContaining(words) }),
    )
  })
})

describe('timeZoneName', () => {
  it.each([
    ['+14', -840],
    ['-3', 180],
    ['+05', -300],
    ['+5:30', -330],
    ['+05:45', -345],
    ['-9:30', 570],
    ['+0', 0],
    ['Asia/Kathmandu', -345],
  ])('is a zone that is %s ahead', (zone, offset) => {
    const before = process.env['TZ']
    process.env['TZ'] = timeZoneName(parseKnob('tz', zone))
    try {
      expect(new Date(2026, 6, 1).getTimezoneOffset()).toBe(offset)
    } finally {
      if (before === undefined) delete process.env['TZ']
      else process.env['TZ'] = before
    }
  })
})

it('prints and parses single values', () => {
  expect(printKnob('loss', 0.05)).toBe('5%')
  expect(parseKnob('memory', '64M')).toBe(64 * 1024 ** 2)
})

/** mulberry32. */
function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

function randomKnobs(random: () => number): Knobs {
  const whole = (least: number, most: number) => least + Math.floor(random() * (most - least + 1))
  const among = <T>(...values: T[]): T => values[whole(0, values.length - 1)] as T
  const unit = () => among(1, 1000, 1024, 60_000, 1024 ** 2, 3_600_000, 1024 ** 3)
  const all: Required<Knobs> = {
    cpu: { share: among(random() * 4 + 1, 0.1 + 0.2, 0.25, whole(1, 64)), periodMs: among(100, 1000, whole(1, 1000), 1 + random() * 999) },
    cores: whole(1, 64),
    memory: whole(1024 ** 2, 1024 ** 3) * among(1, 1024),
    pids: whole(1, 1000),
    nofile: whole(1, 1000),
    inotify: whole(0, 1000),
    disk: whole(4, 1000) * 1024 * among(1, 1024, 1024 ** 2),
    inodes: whole(2, 1e6),
    freeze: among(whole(1, 60_000), 1 + random() * 100),
    uv: whole(1, 4),
    net: 'none',
    dns: 'none',
    delay: among(0.1, whole(1, 60_000), 1 + random() * 100),
    loss: among(0.0001 + random() * 0.9, whole(1, 100) / 100, 1 / 3),
    tz: among('+14', '-9:30', 'Asia/Kathmandu', 'UTC', 'Etc/GMT+12', 'America/Argentina/Buenos_Aires'),
    locale: among('tr_TR', 'C', 'de_DE', 'sr_RS@latin', 'fil_PH'),
    hostname: among('a', 'build-7'),
    uid: among('root', 'caller'),
    monotonic: (whole(1, 1e5) * unit() * among(1, -1)) % 3e12 || 1,
    boottime: whole(1, 1e9),
    clock: among<number | string>(-whole(1, 1e12), '2027-01-31T23:59', '2028-02-29T00:00:30'),
    shuffle: among('tests', 'files', 'all'),
    twins: whole(2, 4),
    seed: whole(0, Number.MAX_SAFE_INTEGER),
  }
  return Object.fromEntries(knobNames.filter(() => random() < 0.4).map((name) => [name, all[name]]))
}
