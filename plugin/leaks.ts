// What of a file's report is a leak, in words.

import type { Category } from '../src/config/report-options.ts'
import type { FileReport } from './file-report.ts'
import type { OpenPort } from './left-behind.ts'

export interface Leak {
  category: Category | 'caps'
  /** `process  sleep 60 (pid 4), started in 'suite > starts'` */
  words: string
}

/** Empty for a file that left nothing. CPU time that was held back is no leak: who caps it wants that. */
export function leaksOf(report: FileReport): Leak[] {
  const { written, writtenMore, writtenComplete, processes, ports, refused, caps } = report
  const more = writtenMore > 0 ? [`… ${writtenMore}${writtenComplete ? '' : ' or more'} besides`] : []
  return [
    ...[...(written ?? []).map(({ path, kind }) => `${path} (${kind})`), ...more].map((words) => leak('writes', 'wrote', words)),
    ...(processes ?? []).map(({ command, pid, test }) => leak('processes', 'process', `${command} (pid ${pid})${by('started', test)}`)),
    ...(ports ?? []).map((port) => leak('ports', 'port', portWords(port))),
    ...refused.map(({ host, port, test, hint }) =>
      leak('refused', 'refused', `${host}${port === undefined ? '' : `:${port}`}${by('asked for', test)}: ${hint}`),
    ),
    ...caps.filter(({ limit }) => limit !== 'cpu').map(({ limit, words }) => leak('caps', 'cap', `${limit}: ${words}`)),
  ]
}

function leak(category: Leak['category'], label: string, words: string): Leak {
  return { category, words: `${label.padEnd(8)} ${words}` }
}

function portWords({ protocol, port, by: holder, test }: OpenPort): string {
  return `${protocol} ${port} of ${holder === 'worker' ? 'the worker' : `pid ${holder}`}${by('opened', test)}`
}

function by(done: string, test: string | undefined): string {
  return test === undefined ? '' : `, ${done} in '${test}'`
}

const fixes: Record<Category, string> = {
  writes: 'write below os.tmpdir(), or name the paths in expectedWrites',
  processes: "end each process and await its 'exit' in the test that starts it, or in an after hook",
  ports: 'close each server and await it: `await new Promise((closed) => server.close(closed))`',
  refused: 'let the hosts in, or replace what asks for them',
}

/** Leaks that one error names. */
const named = 10

/** The error of a file that may not leak these; undefined where it has not. */
export function leakError(
  file: string,
  report: FileReport,
  strict: readonly Category[],
): { name: string; message: string; stack: string } | undefined {
  const all = leaksOf(report)
  const wrong = all.filter(({ category }) => category !== 'caps' && strict.includes(category))
  if (wrong.length === 0) return undefined
  const categories = strict.filter((category) => wrong.some((one) => one.category === category))
  const lines = [...wrong.slice(0, named).map(({ words }) => words), ...(wrong.length > named ? [`… ${wrong.length - named} more`] : [])]
  const message = [
    `${file} left something behind:`,
    ...lines.map((line) => `  ${line}`),
    ...categories.map((category) => `Fix: ${fixes[category]}.`),
  ]
  return asError(message.join('\n'))
}

/** What vitest shows of a task's error; there is no place in the code that it comes from. */
function asError(message: string): { name: string; message: string; stack: string } {
  return { name: 'NsboxError', message, stack: `NsboxError: ${message}` }
}
