// Options about what test files leave behind. `report-schema.ts` checks them.

/** What `strict` may name. */
export type Category = 'writes' | 'processes' | 'ports' | 'refused'

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
