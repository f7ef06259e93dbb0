// Values of knobs as a recipe has them. What is printed is parsed to the very same value, and has nothing that a shell would take.

import { configError } from '../errors.ts'
import { inQuotes } from '../quoted.ts'
import type { KnobName, Knobs } from '../stress/knobs.ts'
import { parseCpu, parseMemory } from './limit-quantities.ts'
import { farthestOffset, parseDuration, parseSize } from './quantities.ts'
import { suggest } from './suggest.ts'
import { parseTimeZone } from './time-zones.ts'

type Value<Name extends KnobName> = NonNullable<Knobs[Name]>

interface Kind<T> {
  /** @throws TypeError that says what is allowed */
  parse: (text: string) => T
  print: (value: T) => string
}

/** Of `cpu=0.25/1s`, what is behind `cpu=`. @throws NsboxError ERR_NSBOX_CONFIG that names knob, value and fix */
export function parseKnob<Name extends KnobName>(name: Name, text: string): Value<Name> {
  try {
    return kinds[name].parse(text)
  } catch (error) {
    throw configError(`knob ${name} is ${inQuotes(text)}: ${(error as Error).message}`)
  }
}

/** The inverse of `parseKnob`: `0.25/1s`. */
export function printKnob<Name extends KnobName>(name: Name, value: Value<Name>): string {
  return kinds[name].print(value)
}

/** @throws NsboxError ERR_NSBOX_CONFIG */
export function parseKnobName(text: string): KnobName {
  if (Object.hasOwn(kinds, text)) return text as KnobName
  const known = Object.keys(kinds)
  throw configError(`unknown knob ${inQuotes(text)}${suggest(text, known)}; known are ${known.join(', ')}`)
}

function count(least: number, most: number, what: string): Kind<number> {
  return {
    parse: (text) => {
      const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN
      if (value >= least && value <= most) return value
      throw new TypeError(`it must be ${what}, a whole number from ${least} to ${most}`)
    },
    print: String,
  }
}

function oneOf<T extends string>(...words: T[]): Kind<T> {
  return {
    parse: (text) => {
      const word = words.find((one) => one === text)
      if (word !== undefined) return word
      throw new TypeError(words.length === 1 ? `it must be ${words[0]}` : `it must be one of ${words.join(', ')}${suggest(text, words)}`)
    },
    print: String,
  }
}

function text(parse: (text: string) => string): Kind<string> {
  return { parse, print: String }
}

function size(parse: (text: string) => number): Kind<number> {
  return { parse, print: (bytes) => inLargestUnit(bytes, sizeUnits) }
}

const sizeUnits: readonly Unit[] = [
  ['T', 1024 ** 4],
  ['G', 1024 ** 3],
  ['M', 1024 ** 2],
  ['K', 1024],
  ['', 1],
]
const durationUnits: readonly Unit[] = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
  ['ms', 1],
]
type Unit = readonly [name: string, of: number]

/** The largest that leaves a whole number. */
function inLargestUnit(value: number, units: readonly Unit[]): string {
  const [name, of] = units.find(([, unit]) => value % unit === 0) ?? (units.at(-1) as Unit)
  return `${value / of}${name}`
}

const printDuration = (ms: number) => inLargestUnit(ms, durationUnits)

function pause(least: string, most: string): Kind<number> {
  return {
    parse: (text) => {
      const ms = parseDuration(text)
      if (ms >= parseDuration(least) && ms <= parseDuration(most)) return ms
      throw new TypeError(`it must be from ${least} to ${most}`)
    },
    print: printDuration,
  }
}

/** Of a clock: ahead or behind. */
const offset: Kind<number> = {
  parse: (text) => {
    const ms = parseDuration(text)
    if (Number.isInteger(ms) && ms !== 0 && Math.abs(ms) <= farthestOffset) return ms
    throw new TypeError('it must be whole milliseconds, ahead or behind, and not more than 36500d: 30d, -1h')
  },
  print: printDuration,
}

/** What has no offset from UTC is local time (ECMA-262, Date Time String Format). */
const localTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?$/

const wallClock: Kind<number | string> = {
  parse: (text) => {
    if (!/^\d+-/.test(text)) return offset.parse(text)
    // A day that its month does not have is the first of the next one.
    const time = new Date(`${text}Z`)
    if (localTime.test(text) && !Number.isNaN(time.getTime()) && time.toISOString().startsWith(text)) return text
    throw new TypeError('it must be a local time such as 2027-01-31T23:59, or how far it is ahead: 30d, -1h')
  },
  print: (value) => (typeof value === 'string' ? value : offset.print(value)),
}

const leastLoss = 0.0001

const fraction: Kind<number> = {
  parse: (text) => {
    const [, digits, percent] = /^(\d+(?:\.\d+)?|\.\d+)(%?)$/.exec(text) ?? []
    const value = Number(digits) / (percent ? 100 : 1)
    if (value >= leastLoss && value <= 1) return value
    throw new TypeError('it must be from 0.01% to 100%, such as 5%')
  },
  // Not every fraction is a hundredth of something that can be written.
  print: (value) => {
    const percent = Number((value * 100).toPrecision(15))
    return percent / 100 === value ? `${percent}%` : String(value)
  },
}

const pageSize = 4096

function parseDisk(text: string): number {
  const bytes = parseSize(text)
  if (bytes >= pageSize) return bytes
  throw new TypeError('no file fits in less than 4K, which is one page of memory')
}

function parseHostname(text: string): string {
  if (/^[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?$/.test(text)) return text
  throw new TypeError('a host name has letters, digits and hyphens, 63 at most, and no hyphen at its ends')
}

/** As setlocale(3) names them, without an encoding: UTF-8 is what everybody has. */
function parseLocale(text: string): string {
  const [, language, country] = /^([a-z]{2,3})(?:_([A-Z]{2}))?(?:@[a-z]+)?$/.exec(text) ?? []
  if (text === 'C' || text === 'POSIX') return text
  if (text.includes('.')) throw new TypeError('it is written without its encoding, which is UTF-8: tr_TR')
  if (language === undefined) throw new TypeError('it must be a language and a country, such as tr_TR, or C')
  if (Intl.DisplayNames.supportedLocalesOf([language]).length === 0) throw new TypeError(`there is no language ${inQuotes(language)}`)
  if (country === undefined || countries.of(country) !== undefined) return text
  throw new TypeError(`there is no country ${inQuotes(country)}`)
}

const countries = new Intl.DisplayNames(['en'], { type: 'region', fallback: 'none' })

const kinds: { [Name in KnobName]: Kind<Value<Name>> } = {
  cpu: { parse: parseCpu, print: ({ share, periodMs }) => (periodMs === 100 ? `${share}` : `${share}/${printDuration(periodMs)}`) },
  cores: count(1, 8192, 'how many processors'),
  memory: size(parseMemory),
  pids: count(1, 4_194_304, 'how many processes and threads'),
  nofile: count(1, 1_073_741_816, 'how many open descriptors'),
  inotify: count(0, 2 ** 31 - 1, 'how many watches'),
  disk: size(parseDisk),
  inodes: count(2, Number.MAX_SAFE_INTEGER, 'how many files'),
  freeze: pause('1ms', '1m'),
  // The most that libuv starts.
  uv: count(1, 1024, "threads of libuv's pool"),
  net: oneOf('none'),
  dns: oneOf('none'),
  delay: pause('0.1ms', '1m'),
  loss: fraction,
  tz: text(parseTimeZone),
  locale: text(parseLocale),
  hostname: text(parseHostname),
  uid: oneOf('root', 'caller'),
  monotonic: offset,
  boottime: offset,
  clock: wallClock,
  shuffle: oneOf('tests', 'files', 'all'),
  twins: count(2, 16, 'copies at once'),
  seed: count(0, Number.MAX_SAFE_INTEGER, 'what chance begins with'),
}
