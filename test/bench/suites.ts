// Public suites, each with forks and with nsbox: every test must come out the same.
//   npm run bench:suites -- --suites DIR [--only name,name] [--rounds N] [--keep DIR]

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { dir } from 'tmp-promise'
import { type Finished, runCommand } from './command.ts'
import { median, printHeader, printTable, repository } from './report.ts'
import { differences, readTestReport, type TestReport } from './test-report.ts'

interface Suite {
  name: string
  repo: string
  commit: string
  /** Where vitest runs, relative to the directory of all suites. */
  dir: string
  args: string[]
}

interface Outcome extends Finished {
  report: TestReport | undefined
}

const timeout = 900
const pools = ['forks', 'nsbox'] as const
type Pool = (typeof pools)[number]

const { values: options } = parseArgs({
  options: {
    suites: { type: 'string', default: process.env['NSBOX_SUITES'] },
    only: { type: 'string', default: '' },
    rounds: { type: 'string', default: '1' },
    keep: { type: 'string' },
  },
})
const committed = join(import.meta.dirname, 'suites.json')

if (options.suites) await compareSuites(resolve(options.suites))
else explain()

async function compareSuites(directory: string): Promise<void> {
  const own = join(directory, 'suites.json')
  const only = options.only.split(',').filter((name) => name !== '')
  const suites = listOf(existsSync(own) ? own : committed).filter(({ name }) => only.length === 0 || only.includes(name))
  const kept = options.keep ? resolve(options.keep) : undefined
  if (kept) mkdirSync(kept, { recursive: true })
  const temporary = await dir({ prefix: 'nsbox-bench', unsafeCleanup: true })
  try {
    printHeader(['The vitest of each suite is its own.'])
    const rows = []
    for (const suite of suites) rows.push(await compare(suite, directory, kept ?? temporary.path))
    printTable(['project', 'commit', 'files', 'tests', 'forks', 'nsbox', 'differences', 'forks s', 'nsbox s', 'ratio'], rows)
  } finally {
    await temporary.cleanup()
  }
}

async function compare(suite: Suite, directory: string, output: string): Promise<(string | number)[]> {
  const cwd = resolve(directory, suite.dir)
  const outcomes: Record<Pool, Outcome[]> = { forks: [], nsbox: [] }
  for (let round = 0; round < Number(options.rounds); round++) {
    const order = round % 2 === 0 ? pools : [...pools].reverse()
    for (const pool of order) outcomes[pool].push(await runSuite(suite, pool, cwd, join(output, `${suite.name}.${pool}.${round}`)))
  }
  const [forks, nsbox] = [outcomes.forks[0] as Outcome, outcomes.nsbox[0] as Outcome]
  const found = forks.report && nsbox.report ? differences(forks.report, nsbox.report) : ['a run made no report']
  const exits = describeExit(forks) === describeExit(nsbox) ? [] : [`exit: ${describeExit(forks)} → ${describeExit(nsbox)}`]
  const all = [...exits, ...found]
  const times = pools.map((pool) => median(outcomes[pool].map(({ seconds }) => seconds))) as [number, number]
  console.log(`\n${suite.name}: ${all.length === 0 ? 'no differences' : 'forks → nsbox'}`)
  for (const line of all) console.log(`  ${line}`)
  return [
    suite.name,
    suite.commit.slice(0, 12),
    forks.report?.files ?? '?',
    forks.report?.tests ?? '?',
    counts(forks),
    counts(nsbox),
    all.length,
    ...times.map((seconds) => seconds.toFixed(1)),
    (times[1] / times[0]).toFixed(2),
  ]
}

async function runSuite({ args }: Suite, pool: Pool, cwd: string, output: string): Promise<Outcome> {
  const file = `${output}.json`
  const finished = await runCommand(
    [process.execPath, ...entryOf(pool, cwd), ...args, '--reporter=json', '--reporter=default', `--outputFile.json=${file}`],
    { cwd, timeout },
  )
  writeFileSync(`${output}.log`, finished.output)
  return { ...finished, report: existsSync(file) ? readTestReport(file, cwd) : undefined }
}

/** The vitest that the checkout itself has installed, in both cases. */
function entryOf(pool: Pool, cwd: string): string[] {
  const vitest = dirname(createRequire(join(cwd, 'package.json')).resolve('vitest/package.json'))
  return pool === 'forks' ? [join(vitest, 'vitest.mjs'), 'run', '--pool=forks'] : [join(repository, 'dist/cli.cjs'), 'vitest', 'run']
}

function counts({ report }: Outcome): string {
  if (!report) return 'no report'
  return `${report.passed} passed, ${report.failed} failed, ${report.skipped} skipped`
}

function describeExit({ exitCode, signal }: Finished): string {
  return signal ?? `code ${exitCode}`
}

function explain(): void {
  console.log(
    'Make a directory of these checkouts and of suites.json, install each as its own README says, and run again with --suites DIR:\n',
  )
  for (const { name, repo, commit, dir } of listOf(committed)) {
    const root = dir.split('/')[0]
    console.log(`# ${name}\ngit clone ${repo} ${root} && git -C ${root} checkout ${commit}`)
  }
}

function listOf(path: string): Suite[] {
  return JSON.parse(readFileSync(path, 'utf8')) as Suite[]
}
