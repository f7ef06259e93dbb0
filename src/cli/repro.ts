// `nsbox repro`: a test under a recipe, until it fails.

import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseReproFlags, type ReproFlags, reproHelp } from '../config/repro-flags.ts'
import { configError } from '../errors.ts'
import { quoted } from '../quoted.ts'
import type { AttemptOrder, CampaignSetting, Found, Target } from '../stress/attempt.ts'
import { AttemptPool } from '../stress/attempt-pool.ts'
import { debugged, debuggerWords } from '../stress/debugged.ts'
import { exitStatus } from '../stress/exit-status.ts'
import { failureText } from '../stress/failure-text.ts'
import type { Knobs } from '../stress/knobs.ts'
import { chosenBy, patternOf, resultOf } from '../stress/one-test.ts'
import { progressFor } from '../stress/output/progress.ts'
import { printRecipe } from '../stress/recipe.ts'
import { type AttemptMaker, hasFailed, type Run, repeat } from '../stress/repeat.ts'
import { checkLine, neverLines, rateOf, rateSentence, runLines, runsToCheck } from '../stress/repro-report.ts'
import { reproCommand } from '../stress/test-id.ts'
import { announceDebugger, requireFreePort } from './debugger-port.ts'
import { paintFor } from './failure-colours.ts'
import { findIn } from './find-tests.ts'
import { interruption } from './interruption.ts'
import { openShell } from './open-shell.ts'
import { print } from './print.ts'
import { callersEnvironment } from './restart.ts'
import { listRecorded, type Wanted, wantedTest } from './wanted-test.ts'

const where = 'nsbox repro'
const usualRuns = 100
/** Of a run with a debugger, in milliseconds: a day. */
const debuggedMs = 86_400_000

export async function repro(words: string[]): Promise<number> {
  const flags = parseReproFlags(words)
  if (flags.help) {
    print(reproHelp())
    return 0
  }
  if (flags.test === undefined) return listRecorded(flags)
  const wanted = wantedTest(flags.test, flags)
  if (flags.inspect) await requireFreePort(flags.inspect.port)
  const jobs = flags.shell || flags.inspect !== undefined ? 1 : flags.jobs
  const say = (line: string) => console.error(`${where}: ${line}`)
  const pool = new AttemptPool(settingOf(flags, wanted), { jobs, env: callersEnvironment(), say })
  const signal = interruption(() => void pool.close())
  const repro = new Repro(pool, flags, wanted, signal)
  const status = await repro.run().finally(() => pool.close())
  const { left } = repro
  if (left && flags.shell) await openShell(left.file, left.knobs)
  return status
}

function settingOf({ vitest, shell, inspect, prefer }: ReproFlags, { id }: Wanted): CampaignSetting {
  return {
    cwd: process.cwd(),
    words: [...vitest, ...(shell ? ['--nsbox.keep=on-failure'] : []), ...(inspect ? debuggerWords(inspect) : [])],
    filters: [id.file],
    testNamePattern: undefined,
    seal: prefer ? 'prefer' : 'require',
  }
}

class Repro {
  readonly #pool: AttemptPool
  readonly #flags: ReproFlags
  readonly #wanted: Wanted
  readonly #signal: AbortSignal
  readonly #progress = progressFor(process.stderr, process.env)
  /** Of the first run, where the recipe has none. */
  readonly #seed: number
  /** By the run that failed: what a shell can be opened on. */
  left: { file: string; knobs: Knobs } | undefined

  constructor(pool: AttemptPool, flags: ReproFlags, wanted: Wanted, signal: AbortSignal) {
    this.#pool = pool
    this.#flags = flags
    this.#wanted = wanted
    this.#signal = signal
    this.#seed = Math.floor(Math.random() * 2 ** 31)
  }

  async run(): Promise<number> {
    const { id, recipe, recorded } = this.#wanted
    const { alone, check, inspect } = this.#flags
    const found = await findIn(this.#pool, this.#signal, where)
    if (typeof found === 'number') return found
    const target = this.#targetIn(found)
    if (!target) return this.#noTests(`no test file is called ${quoted(id.file)}`)
    if (inspect) return this.#debug(target, found)
    const wantedRuns = this.#flags.runs ?? (check ? runsToCheck(recorded) : this.#flags.duration === undefined ? usualRuns : Infinity)
    const until = this.#flags.duration === undefined ? Infinity : performance.now() + this.#flags.duration
    this.#progress.began({
      attempts: Number.isFinite(wantedRuns) ? wantedRuns : null,
      ...(this.#flags.duration !== undefined && { until: Date.now() + this.#flags.duration }),
    })
    const done = await this.#runs(target, { runs: wantedRuns, until }).finally(() => this.#progress.ended())
    if (typeof done === 'string') return this.#noTests(done)
    const failed = done.find(hasFailed)
    if (failed) this.#showFailure(target, failed, found)
    const rate = rateOf(done)
    if (done.length > 0)
      print(check ? checkLine(rate, recorded) : `${printRecipe(recipe)} ${failed ? '' : 'never failed, '}${rateSentence(rate)}`)
    if (!failed) for (const line of neverLines(recipe, { alone: id.name !== null && alone })) print(line)
    if (failed && recipe.seed === undefined) print(`again: ${reproCommand({ ...target, name: id.name }, printRecipe(failed.order.knobs))}`)
    if (this.#signal.aborted) return this.#interrupted()
    if (failed) this.left = { file: join(found.root, target.file), knobs: failed.order.knobs }
    return failed ? exitStatus.found : exitStatus.stable
  }

  /** All that came to their end; or why there is nothing to run. */
  async #runs(target: Target, limits: { runs: number; until: number }): Promise<Run[] | string> {
    const { name } = this.#wanted.id
    const whole = name !== null && !this.#flags.alone
    let pattern = whole ? undefined : patternOf(name)
    const maker: AttemptMaker = whole ? { run: async (...order) => resultOf(await this.#pool.run(...order), name) } : this.#pool
    const one = (from: number, count: number) =>
      repeat(
        maker,
        (number) => this.#order(target, from + number, pattern),
        {
          runs: count,
          until: limits.until,
          onFailure: this.#flags.check ? 'go on' : 'stop',
          lanes: this.#pool.jobs,
          signal: this.#signal,
        },
        (run) => this.#tell(run, from),
      )
    const first = await one(0, 1)
    const [run] = first
    if (!run) return first
    const chosen = chosenBy(run.result, name)
    if (chosen.is === 'nothing') return `${quoted(target.file)}: ${chosen.why}`
    if (chosen.is === 'suite') pattern = chosen.pattern
    else if (hasFailed(run) && !this.#flags.check) return first
    const before = chosen.is === 'suite' ? [] : first
    const rest = await one(before.length, limits.runs - before.length)
    return [...before, ...rest]
  }

  #order({ file, project }: Target, number: number, testNamePattern: string | undefined): AttemptOrder {
    const { recipe } = this.#wanted
    const knobs = { ...recipe, seed: recipe.seed ?? this.#seed + number }
    return { file, project, knobs, timeoutMs: this.#flags.timeout, ...(testNamePattern !== undefined && { testNamePattern }) }
  }

  /** One that only told what there is does not count, and the failure that ends it all is shown whole. */
  #tell({ number, order, result }: Run, from: number): void {
    if (chosenBy(result, this.#wanted.id.name).is !== 'run' || (hasFailed({ result }) && !this.#flags.check)) return
    this.#progress.attempt({ number: from + number, phase: 'confirm', order, result, startedAt: new Date().toISOString() })
  }

  async #debug(target: Target, found: Found): Promise<number> {
    const { knobs, left, kept } = debugged(this.#wanted.recipe)
    for (const { names, why } of left) console.error(`nsbox: not turned with a debugger: ${names.join(', ')}: ${why}`)
    for (const { names, what } of kept) console.error(`nsbox: turned: ${names.join(', ')}: ${what}`)
    const pattern = patternOf(this.#wanted.id.name)
    const order = { ...this.#order(target, 0, pattern), timeoutMs: debuggedMs }
    const stopAnnouncing = announceDebugger(this.#flags.inspect as { port: number })
    const [run] = await repeat(this.#pool, () => ({ ...order, knobs: { ...knobs, seed: order.knobs.seed as number } }), {
      runs: 1,
      onFailure: 'go on',
      lanes: 1,
      signal: this.#signal,
    }).finally(stopAnnouncing)
    if (!run) return this.#interrupted()
    const chosen = chosenBy(run.result, this.#wanted.id.name)
    if (chosen.is === 'suite') return this.#noTests('a debugger has one test, or a whole file: this is a suite')
    if (chosen.is === 'nothing') return this.#noTests(`${quoted(target.file)}: ${chosen.why}`)
    if (!hasFailed(run)) {
      print(`it passed under ${printRecipe(run.order.knobs)}`)
      return exitStatus.stable
    }
    this.#showFailure(target, run, found)
    return exitStatus.found
  }

  #showFailure(target: Target, { order, result }: Run, { root }: Found): void {
    const read = (path: string) => {
      try {
        return readFileSync(path, 'utf8')
      } catch {
        return undefined
      }
    }
    print([failureText(target.file, result, { root, read }, paintFor(process.stdout)), ...runLines(order.knobs, result), ''].join('\n'))
  }

  /** By its path from vitest's root, or from here. @throws NsboxError ERR_NSBOX_CONFIG where several projects have it */
  #targetIn({ targets, root }: Found): Target | undefined {
    const { id, recorded } = this.#wanted
    const paths = [resolve(root, id.file), resolve(id.file)]
    const exact = targets.filter(({ file }) => paths.includes(join(root, file)))
    const near = exact.length > 0 ? exact : targets
    const ofProject = near.filter(({ project }) => recorded === undefined || project === recorded.project)
    const [target, another] = ofProject.length > 0 ? ofProject : near
    if (target && another) {
      const what = target.file === another.file ? 'is in several projects' : 'is the name of several files'
      const those = near.map(({ file, project }) => quoted(project ? `[${project}] ${file}` : file)).join(', ')
      throw configError(
        `${where}: ${quoted(id.file)} ${what}: ${those}; ${target.file === another.file ? 'add --project' : 'write one out'}`,
      )
    }
    return target
  }

  #noTests(why: string): number {
    console.error(`${where}: ${why}`)
    return exitStatus.noTests
  }

  #interrupted(): number {
    console.error(`${where}: interrupted`)
    return exitStatus.interrupted
  }
}
