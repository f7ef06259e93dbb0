// Every attempt on disk as soon as it is made: a line of JSON each, so that an interrupted campaign goes on where it was.

import { readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { configError } from '../errors.ts'
import { oneLine, quoted } from '../quoted.ts'
import { appendReal, writeReal } from '../sys/real-file.ts'
import { makeDirectory } from './output/whole-files.ts'
import type { Attempt } from './results.ts'

/** What the numbers of attempts depend on: where one of it is different, they mean something else. */
export interface PlanKey {
  seed: number
  /** Of the command, by their names: what is run, and what is turned. */
  options: Record<string, unknown>
  /** Test files and their SHA-256. */
  files: Record<string, string>
}

interface Header {
  version: typeof version
  startedAt: string
  plan: PlanKey
}

const version = 1

export interface Resumed {
  startedAt: string
  attempts: Attempt[]
}

export class AttemptStore {
  readonly #path: string
  readonly #problem: (words: string) => void
  #works = true

  /**
   * @param path is real
   * @param problem is told once, in a sentence, when nothing can be written any more: then all is in memory alone
   */
  constructor(path: string, problem: (words: string) => void) {
    this.#path = path
    this.#problem = problem
  }

  /** What was there is gone. */
  begin(plan: PlanKey, startedAt: string): void {
    const header: Header = { version, startedAt, plan }
    this.#write(() => {
      makeDirectory(dirname(this.#path))
      writeReal(this.#path, line(header))
    })
  }

  /** Reads what an interrupted campaign left, and goes on behind it. @throws NsboxError ERR_NSBOX_CONFIG where that was of another plan */
  resume(plan: PlanKey): Resumed {
    const [first, ...rest] = readLines(this.#path)
    const header = headerOf(first, this.#path)
    requireSame(header.plan, plan, this.#path)
    const attempts = rest as Attempt[]
    // Without what was torn, which anything behind it would be part of.
    this.#write(() => writeReal(this.#path, [header, ...attempts].map(line).join('')))
    return { startedAt: header.startedAt, attempts }
  }

  append(attempt: Attempt): void {
    this.#write(() => appendReal(this.#path, line(attempt)))
  }

  #write(write: () => void): void {
    if (!this.#works) return
    try {
      write()
    } catch (error) {
      this.#works = false
      const { code = '', message } = error as NodeJS.ErrnoException
      const why = code === 'ENOSPC' ? 'no space is left on its disk' : message
      this.#problem(
        `${quoted(this.#path)} cannot be written any more: ${why}. The campaign goes on and will report, but --resume will not have the rest`,
      )
    }
  }
}

/** The plan of the campaign that left this file. @throws NsboxError ERR_NSBOX_CONFIG */
export function storedPlan(path: string): PlanKey {
  return headerOf(readLines(path)[0], path).plan
}

function line(value: object): string {
  return `${JSON.stringify(value)}\n`
}

/** A last line without its end was torn by a kill or a full disk. */
function readLines(path: string): unknown[] {
  const text = readText(path)
  const whole = text.slice(0, text.lastIndexOf('\n') + 1)
  return whole
    .split('\n')
    .filter((one) => one !== '')
    .map((one, index) => {
      try {
        return JSON.parse(one)
      } catch {
        throw configError(`${quoted(path)}: line ${index + 1} is no JSON: somebody else has written to it; begin anew without --resume`)
      }
    })
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw configError(`--resume: ${oneLine((error as Error).message)}`)
    throw configError(`--resume: there is no ${quoted(path)}; begin without --resume, or name its directory with --output`)
  }
}

function headerOf(first: unknown, path: string): Header {
  const header = (first ?? {}) as Partial<Header>
  if (header.plan === undefined) throw configError(`${quoted(path)} does not begin as the log of a campaign; begin anew without --resume`)
  if (header.version !== version) {
    throw configError(
      `${quoted(path)} is of version ${oneLine(String(header.version))}, and this nsbox writes ${version}; resume it with the nsbox that wrote it`,
    )
  }
  return header as Header
}

function requireSame(before: PlanKey, given: PlanKey, path: string): void {
  // As it would be read: without what is undefined.
  const now = JSON.parse(JSON.stringify(given)) as PlanKey
  const sections = [
    { words: (name: string) => `--${name}`, before: { seed: before.seed, ...before.options }, now: { seed: now.seed, ...now.options } },
    { words: (name: string) => `the file ${quoted(name)}`, before: before.files, now: now.files },
  ] as { words(name: string): string; before: Record<string, unknown>; now: Record<string, unknown> }[]
  const different = sections.flatMap((section) =>
    [...new Set([...Object.keys(section.before), ...Object.keys(section.now)])]
      .filter((name) => !isDeepStrictEqual(section.before[name], section.now[name]))
      .map(section.words),
  )
  if (different.length === 0) return
  throw configError(
    `--resume: ${quoted(path)} is of another plan: ${different.slice(0, 5).join(', ')}${different.length > 5 ? ` and ${different.length - 5} more` : ''} differ; ` +
      'resume it as it was begun, or begin anew without --resume',
  )
}
