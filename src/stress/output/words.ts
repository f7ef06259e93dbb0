// Figures and names as every output writes them.

import { stripVTControlCharacters } from 'node:util'
import { oneLine, printable } from '../../quoted.ts'
import type { Attempt, Rate } from '../results.ts'
import { printTestId, type TestId } from '../test-id.ts'
import type { Failure } from '../trials.ts'

/** `15 %`, `2.2 %`, `0.4 %`. */
export function percent(fraction: number): string {
  const of100 = fraction * 100
  if (of100 < 9.95) return `${Number(of100.toPrecision(2))} %`
  // What is not all is not told as all.
  return of100 >= 99.5 && fraction < 1 ? `${Math.min(99.9, Number(of100.toFixed(1)))} %` : `${Math.round(of100)} %`
}

/** `[5–36 %]` */
export function intervalWords([low, high]: Rate['interval']): string {
  return `[${percent(low).replace(' %', '')}–${percent(high)}]`
}

/** `3/20, 15 % [5–36 %]` */
export function rateWords(rate: Rate): string {
  if (rate.runs === 0) return 'never run'
  return `${rate.failed}/${rate.runs}, ${percent(rate.failed / rate.runs)} ${intervalWords(rate.interval)}`
}

/** `4 m 10 s`, `2 h 5 m`, `5.8 s`, `40 ms`. */
export function timeWords(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`
  if (ms < 9950) return `${(ms / 1000).toFixed(1)} s`
  const seconds = Math.round(ms / 1000)
  if (seconds < 60) return `${seconds} s`
  if (seconds < 3600) return `${Math.floor(seconds / 60)} m ${seconds % 60} s`
  const minutes = Math.round(seconds / 60)
  return `${Math.floor(minutes / 60)} h ${minutes % 60} m`
}

/** `64 MiB` */
export function sizeWords(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB']
  const power = bytes < 1024 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(bytes) / 10))
  return `${Number((bytes / 1024 ** power).toFixed(bytes / 1024 ** power >= 10 ? 0 : 1))} ${units[power]}`
}

/** `1 run`, `20 runs`. */
export function count(number: number, one: string, many: string = `${one}s`): string {
  return `${number} ${number === 1 ? one : many}`
}

/** `[project] src/a.test.ts > suite > name` */
export function testWords({ project, ...id }: TestId & { project: string }): string {
  return shown(`${project === '' ? '' : `[${project}] `}${printTestId(id)}`)
}

/** Text of a test on one line. */
export function shown(text: string): string {
  return oneLine(plain(text))
}

/** Text of a test, without colours, and without anything that could forge lines or move a cursor. */
export function shownLines(text: string): string {
  return printable(plain(text))
}

function plain(text: string): string {
  return stripVTControlCharacters(text).toWellFormed().replaceAll('\r\n', '\n').replaceAll('\t', '  ')
}

/** What it says, or what ended it. */
export function failureWords({ result }: Attempt, { errors, killedBy }: Failure): string {
  const fatal = result.caps.find((cap) => cap.fatal)
  if (killedBy !== null) return fatal?.words ?? 'its worker was killed, and nobody told by what'
  return errors[0]?.message || 'it failed without an error of its own'
}
