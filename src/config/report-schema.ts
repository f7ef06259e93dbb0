// Checks the options about what test files leave behind.

import * as z from 'zod/mini'
import type { Category } from './report-options.ts'
import { quantity, type Shape } from './schemas.ts'

const categories: readonly Category[] = ['writes', 'processes', 'ports', 'refused']

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
