// Options about what test files leave behind.

import * as z from 'zod/mini'
import { quantity, type Shape } from './schemas.ts'

/** What `strict` may name. */
export type Category = 'writes' | 'processes' | 'ports' | 'refused'

export const categories: readonly Category[] = ['writes', 'processes', 'ports', 'refused']

export interface ReportOptions {
  /**
   * Tells at the end of a run which files left something behind. With false nothing is looked for,
   * but for what the other options ask for.
   * @default true
   */
  report?: boolean
  /** Where to write what was found as JSON, of all files. Relative to vitest's root. */
  reportFile?: string
  /** Leaks that fail their file. @default false */
  strict?: boolean | Category[]
  /** Globs of files that are neither told of nor fail a test file. Relative to the workspace; `~/` is HOME. */
  expectedWrites?: string[]
}

/** May differ from one file to the next. */
export interface FileReportOptions {
  /** A file that writes outside its temporary directory fails. @default false */
  failOnWrite?: boolean
}

export interface ResolvedReportOptions {
  report: boolean
  reportFile?: string
  strict: Category[]
  expectedWrites: string[]
}

export const reportShape: Shape = {
  report: z._default(z.boolean(), true),
  reportFile: z.optional(z.string().check(z.minLength(1, 'it must be the path of a file'))),
  strict: z._default(quantity(strictCategories), []),
  expectedWrites: z._default(quantity(globList), []),
}

export const fileReportShape: Shape = { failOnWrite: z.optional(z.boolean()) }

/** @throws TypeError that says what is allowed */
function strictCategories(value: unknown): Category[] {
  if (value === true) return [...categories]
  if (value === false) return []
  const named = typeof value === 'string' ? value.split(',') : value
  if (Array.isArray(named) && named.every((name) => categories.includes(name))) return named
  throw new TypeError(`it must be true, false, or a list of ${categories.map((name) => `'${name}'`).join(', ')}`)
}

/** @throws TypeError that says what is allowed */
function globList(value: unknown): string[] {
  const list = Array.isArray(value) ? value : [value]
  if (list.every((glob) => typeof glob === 'string' && glob !== '')) return list
  throw new TypeError("it must be a list of globs such as 'dist/**'")
}
