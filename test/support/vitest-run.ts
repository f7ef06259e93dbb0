// Runs the real vitest command in a seeded project.

import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, readFileSync, realpathSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { FileReport } from '../../plugin/file-report.ts'
import { describeProcesses } from './processes.ts'
import type { Project } from './vitest-project.ts'

export interface VitestOptions {
  env?: Record<string, string>
  /** The project's root unless it is another. */
  cwd?: string
  /** After this long it is killed and the test fails with what it said, in milliseconds. */
  killAfter?: number
  /** Words before the command, such as a wrapper program and its arguments. */
  wrapper?: string[]
  /** In place of the two from which the results are read. */
  reporters?: string[]
}

export interface VitestRun {
  exitCode: number | null
  signal: NodeJS.Signals | null
  stdout: string
  stderr: string
  /** Both, in the order in which they came. */
  output: string
  /** Of every test in the report: `file > describe > test`, and how it ended. */
  tests: Record<string, string>
  /** Of every file in the report: how it ended. */
  files: Record<string, string>
  /** Of every test in the report: what its failure said. */
  failures: Record<string, string>
  /** The `meta.nsbox` of each file, as a reporter reads it. */
  meta: Record<string, Partial<FileReport> | undefined>
}

export interface VitestProcess {
  child: ChildProcess
  /** What it has said until now. */
  output(): string
  /** Waits until it has said something that matches. `from` leaves out what came before. */
  said(pattern: RegExp, from?: number): Promise<void>
  done: Promise<VitestRun>
}

interface JsonReport {
  testResults: {
    name: string
    status: string
    message: string
    assertionResults: { fullName: string; ancestorTitles: string[]; title: string; status: string; failureMessages: string[] | null }[]
  }[]
}

const killAfterDefault = 90_000
const metaReporter = fileURLToPath(new URL('meta-reporter.ts', import.meta.url))
let reports = 0

/** Words that choose projects of its config. */
export function onlyProjects(names: readonly string[]): string[] {
  return names.map((name) => `--project=${name}`)
}

/** Runs vitest to its end: `vitest run`, unless the words begin with another command. */
export function vitestRun(project: Project, args: string[] = [], options: VitestOptions = {}): Promise<VitestRun> {
  return startVitest(project, commands.has(args[0] ?? '') ? args : ['run', ...args], options).done
}

const commands = new Set(['run', 'list', 'bench', 'watch', 'related'])

export function startVitest(project: Project, args: string[], options: VitestOptions = {}): VitestProcess {
  const { killAfter = killAfterDefault, wrapper = [], env = {}, cwd = project.root, reporters } = options
  const report = newReport(project)
  const reporting = reporters?.map((name) => `--reporter=${name}`) ?? [
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
    `--reporter=${metaReporter}`,
  ]
  const reported = ['run', 'watch', 'related'].includes(args[0] ?? '') ? reporting : []
  const words = [...wrapper, process.execPath, join(vitestDirectory(project), 'vitest.mjs'), ...args, ...reported]
  const child = spawn(words[0] as string, words.slice(1), {
    cwd,
    env: { ...cleanEnvironment(project), NSBOX_TEST_META: `${report}l`, ...env },
  })
  const said = { stdout: '', stderr: '', output: '' }
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].setEncoding('utf8').on('data', (text: string) => {
      said[stream] += text
      said.output += text
      child.emit('said')
    })
  }
  const hung = Promise.withResolvers<never>()
  const timer = setTimeout(() => {
    const tree = describeProcesses(child.pid as number)
    child.kill('SIGKILL')
    hung.reject(new Error(`vitest did not end in ${killAfter} ms:\n${tree}\n${said.output}`))
  }, killAfter)
  const closed = new Promise<VitestRun>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (exitCode, signal) =>
      resolve({ exitCode, signal, ...said, ...readReport(report, project), meta: readMeta(`${report}l`) }),
    )
  })
  const done = Promise.race([closed, hung.promise]).finally(() => clearTimeout(timer))
  done.catch(() => undefined)
  return {
    child,
    output: () => said.output,
    done,
    said: (pattern, from = 0) => {
      const match = new Promise<void>((resolve) => {
        const look = () => {
          if (!pattern.test(said.output.slice(from))) return
          child.off('said', look)
          resolve()
        }
        child.on('said', look)
        look()
      })
      const early = done.then((run) => {
        if (!pattern.test(run.output.slice(from)))
          throw new Error(`vitest ended (${run.exitCode}) before it said ${pattern}:\n${run.output}`)
      })
      return Promise.race([match, early])
    },
  }
}

/** Nothing of the run that this test is part of, and nothing of the machine's. */
export function cleanEnvironment({ home }: Project): Record<string, string> {
  return { PATH: `${dirname(process.execPath)}:/usr/local/bin:/usr/bin:/bin`, HOME: home, NO_COLOR: '1', LANG: 'C.UTF-8' }
}

export function vitestDirectory({ root }: Project): string {
  return realpathSync(join(root, 'node_modules/vitest'))
}

/** A file for what the reporter json writes. */
export function newReport({ scratch }: Project): string {
  return join(scratch, `report-${++reports}.json`)
}

export function readReport(path: string, { root }: Project): Pick<VitestRun, 'tests' | 'files' | 'failures'> {
  const results = { tests: {}, files: {}, failures: {} } as Pick<VitestRun, 'tests' | 'files' | 'failures'>
  if (!existsSync(path)) return results
  for (const file of (JSON.parse(readFileSync(path, 'utf8')) as JsonReport).testResults) {
    const name = file.name.replace(`${root}/`, '')
    results.files[name] = file.status
    if (file.message) results.failures[name] = file.message
    for (const test of file.assertionResults) {
      const full = [name, ...test.ancestorTitles, test.title].join(' > ')
      results.tests[full] = test.status
      if (test.status === 'failed') results.failures[full] = (test.failureMessages ?? []).join('\n')
    }
  }
  return results
}

function readMeta(path: string): VitestRun['meta'] {
  const lines = existsSync(path) ? readFileSync(path, 'utf8').split('\n').filter(Boolean) : []
  return Object.fromEntries(lines.map((line) => JSON.parse(line)))
}
