// A campaign's results in lines for a terminal.

import type { Results } from '../results.ts'
import { rateWords, testWords } from './words.ts'

export interface ReportOptions {
  color: boolean
  /** Of the terminal. @default 80 */
  columns?: number | undefined
}

/** Ends with a line feed. */
export function reportText(results: Results, _: ReportOptions): string {
  return results.tests.map((test) => `${test.verdict} ${rateWords(test)}  ${testWords(test)}\n`).join('')
}
