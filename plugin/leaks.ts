// What of a file's report is a leak, in words.

import type { Category } from '../src/config/report-options.ts'
import { quoted, singleQuoted } from '../src/quoted.ts'
import type { FileReport } from './file-report.ts'
import type { OpenPort } from './left-behind.ts'
import { hostAndPort } from './refusals.ts'

export interface Leak {
  category: Category | 'caps'
  /** `process  sleep 60 (pid 4), started in 'suite > starts'` */
  words: string
}

/**
 * Empty for a file that left nothing. CPU time that was held back is no leak: who caps it wants that. What is written at paths of
 * `ignored` is counted alone.
 */
export function leaksOf(report: FileReport, ignored: ReadonlySet<string> = new Set()): Leak[] {
  const { processes, ports, refused, refusedMore, caps } = report
  const [told, counted] = partition(report.written ?? [], ({ path }) => !ignored.has(path))
  return [
    ...(processes ?? []).map(({ command, pid, test }) =>
      leak('processes', 'process', `${quoted(command)} (pid ${pid})${by('started', test)}`),
    ),
    ...(ports ?? []).map((port) => leak('ports', 'port', portWords(port))),
    ...refused.map((one) => leak('refused', 'refused', `${quoted(hostAndPort(one))}${by('tried', one.test)}; allow it with ${one.hint}`)),
    ...(refusedMore > 0 ? [leak('refused', 'refused', `${refusedMore} more`)] : []),
    ...caps.filter(({ limit }) => limit !== 'cpu').map(({ limit, words }) => leak('caps', 'cap', `${limit}: ${words}`)),
    ...(counted.length > 0
      ? [leak('writes', 'wrote', `${counted.length === 1 ? '1 file' : `${counted.length} files`} ignored by git`)]
      : []),
    // Of these there may be most.
    ...told.map(({ path, kind }) => leak('writes', 'wrote', `${quoted(path)} (${kind})`)),
  ]
}

function partition<T>(all: readonly T[], isFirst: (one: T) => boolean): [T[], T[]] {
  return [all.filter(isFirst), all.filter((one) => !isFirst(one))]
}

function leak(category: Leak['category'], label: string, words: string): Leak {
  return { category, words: `${label.padEnd(8)} ${words}` }
}

function portWords({ protocol, port, by: holder, test }: OpenPort): string {
  return `${protocol} ${port} of ${holder === 'worker' ? 'the worker' : `pid ${holder}`}${by('opened', test)}`
}

function by(done: string, test: string | undefined): string {
  return test === undefined ? '' : `, ${done} in ${singleQuoted(test)}`
}

const fixes: Record<Category, string> = {
  writes: 'write below os.tmpdir(), or name the paths in expectedWrites',
  processes: "end each process and await its 'exit' in the test that starts it, or in an after hook",
  ports: 'close each server and await it: `await new Promise((closed) => server.close(closed))`',
  refused: 'allow them, or replace what asks for them',
}

/** The first of them, a line each, and how many more there are. `where` says where they can be read. */
export function leakLines(leaks: readonly Leak[], { writtenMore, writtenComplete }: FileReport, most: number, where = ''): string[] {
  const unnamed = leaks.some(({ category }) => category === 'writes') ? writtenMore : 0
  const more = Math.max(leaks.length - most, 0) + unnamed
  const atLeast = unnamed > 0 && !writtenComplete ? 'at least ' : ''
  return [...leaks.slice(0, most).map(({ words }) => words), ...(more > 0 ? [`… ${atLeast}${more} more${where}`] : [])]
}

/** Leaks that one error names. */
const named = 10

/** What vitest shows of a task's error. There is no place in the code that it comes from. */
export interface LeakError {
  name: string
  message: string
  stack: string
}

/** Of a file that may not leak these; undefined where it has not. */
export function leakError(file: string, report: FileReport, strict: readonly Category[]): LeakError | undefined {
  const wrong = leaksOf(report).filter(({ category }) => category !== 'caps' && strict.includes(category))
  if (wrong.length === 0) return undefined
  const leaked = strict.filter((category) => wrong.some((one) => one.category === category))
  const lines = leakLines(wrong, report, named).map((line) => `  ${line}`)
  const message = [`${quoted(file)} left something behind:`, ...lines, ...leaked.map((category) => `Fix: ${fixes[category]}.`)].join('\n')
  return { name: 'NsboxError', message, stack: `NsboxError: ${message}` }
}
