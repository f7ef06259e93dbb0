// What the test files of a run left behind, or were refused: a section on the terminal, and a JSON file.

import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, relative, resolve } from 'node:path'
import type { Reporter, Vitest } from 'vitest/node'
import { settledWithin } from '../src/launch/settled.ts'
import { quoted, singleQuoted } from '../src/quoted.ts'
import type { FileReport } from './file-report.ts'
import { leakLines, leaksOf } from './leaks.ts'
import { Outputs } from './outputs.ts'

/** Of one file, in the JSON file. */
export interface ReportedFile extends FileReport {
  /** Relative to vitest's root. */
  file: string
  /** The name of its project; empty where there is only one. */
  project: string
}

/** What a pool wants of it. */
export interface Wanted {
  report: boolean
  reportFile?: string
}

/** A file whose worker was killed is told of this much later than vitest at most, in milliseconds. */
const patience = 2000

/** Of one vitest: its projects may have pools of their own. */
const reports = new WeakMap<Vitest, RunReport>()

export class RunReport {
  readonly #vitest: Vitest
  /** By the file to write; those that are printed under ''. */
  readonly #files = new Map<string, ReportedFile[]>()
  /** Of those that are printed. */
  readonly #workspaces = new Map<ReportedFile, string>()
  /** Files that run. */
  readonly #running = new Set<Promise<void>>()
  /** How many there were, by the words for the section. */
  #seen = 0

  private constructor(vitest: Vitest) {
    this.#vitest = vitest
  }

  /** vitest makes its reporters anew when its config has changed. */
  static of(vitest: Vitest): RunReport {
    const report = reports.get(vitest) ?? new RunReport(vitest)
    reports.set(vitest, report)
    const { reporters } = vitest as unknown as { reporters: Reporter[] }
    if (!reporters.includes(report.#reporter)) reporters.push(report.#reporter)
    return report
  }

  /** A file runs, and is told of when this settles. */
  began(told: Promise<void>): void {
    this.#running.add(told)
    void told.then(() => this.#running.delete(told))
  }

  /** Names of files that it wrote are relative to `workspace`. */
  add(file: string, project: string, report: FileReport, workspace: string, { report: isPrinted, reportFile }: Wanted): void {
    this.#seen++
    const reported = { file: relative(this.#vitest.config.root, file), project, ...report }
    if (isPrinted) {
      this.#filesOf('').push(reported)
      this.#workspaces.set(reported, workspace)
    }
    if (reportFile !== undefined) this.#filesOf(reportFile).push(reported)
  }

  readonly #reporter: Reporter = {
    onTestRunStart: () => this.#reset(),
    onTestRunEnd: () => this.#finish(),
  }

  #filesOf(target: string): ReportedFile[] {
    const files = this.#files.get(target) ?? []
    this.#files.set(target, files)
    return files
  }

  #reset(): void {
    this.#files.clear()
    this.#workspaces.clear()
    this.#seen = 0
  }

  async #finish(): Promise<void> {
    await settledWithin(this.#running, patience)
    const targets = [...this.#files.keys()].filter((target) => target !== '')
    for (const target of targets) this.#write(target, this.#filesOf(target))
    const words = sectionOf(this.#filesOf(''), this.#seen, targets[0], await Outputs.find(this.#workspaces))
    if (words !== undefined) this.#vitest.logger.warn(words)
    this.#reset()
  }

  #write(target: string, files: readonly ReportedFile[]): void {
    const path = resolve(this.#vitest.config.root, target)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, `${JSON.stringify({ version: 1, files: [...files].sort(byName) }, null, 2)}\n`)
  }
}

const filesShown = 10
/** Of one file; where all that any has left is files, the globs tell the rest. */
const [linesShown, writesShown] = [5, 2]
const globsShown = 12

interface KnownOutputs {
  ignored(file: ReportedFile): ReadonlySet<string>
  globs(files: readonly ReportedFile[]): string[]
}

const nothingKnown: KnownOutputs = { ignored: () => new Set(), globs: () => [] }

/** Undefined when nothing was left behind. */
export function sectionOf(
  files: readonly ReportedFile[],
  seen: number,
  reportFile: string | undefined,
  outputs: KnownOutputs = nothingKnown,
): string | undefined {
  const leaking = files.map((file) => ({ file, leaks: leaksOf(file, outputs.ignored(file)) })).filter(({ leaks }) => leaks.length > 0)
  if (leaking.length === 0) return undefined
  const where = reportFile === undefined ? " (reportFile: 'nsbox-report.json' has all)" : ` in ${quoted(reportFile)}`
  const wasRefused = leaking.some(({ file }) => file.refused.length > 0)
  const onlyWrites = leaking.every(({ leaks }) => leaks.every(({ category }) => category === 'writes'))
  const most = onlyWrites ? writesShown : linesShown
  const shown = leaking.sort((a, b) => byName(a.file, b.file)).slice(0, filesShown)
  return [
    `nsbox: ${leaking.length} of ${seen} test file${seen === 1 ? '' : 's'} left something behind${wasRefused ? ', or tried what is refused' : ''}:`,
    ...shown.flatMap(({ file, leaks }) => [
      `  ${quoted(nameOf(file))}`,
      ...leakLines(leaks, file, most, where).map((line) => `    ${line}`),
    ]),
    ...(leaking.length > filesShown ? [`  … ${leaking.length - filesShown} more files${where}`] : []),
    ...(onlyWrites ? expectedLines(outputs.globs(leaking.map(({ file }) => file))) : []),
    ...(wasRefused ? [`  What one file needs is allowed by rules, or in its first comment: // @nsbox net=host`] : []),
    '',
  ].join('\n')
}

/** To be pasted into the options. */
function expectedLines(globs: readonly string[]): string[] {
  if (globs.length === 0) return []
  const more = globs.length > globsShown ? `, and ${globs.length - globsShown} more` : ''
  return [`  To expect these writes: expectedWrites: [${globs.slice(0, globsShown).map(singleQuoted).join(', ')}]${more}`]
}

function nameOf({ file, project }: ReportedFile): string {
  return project === '' ? file : `[${project}] ${file}`
}

function byName(a: ReportedFile, b: ReportedFile): number {
  return nameOf(a) < nameOf(b) ? -1 : 1
}
