// One warm vitest of a campaign, which runs one file after the other under other knobs each time.

import { realpathSync } from 'node:fs'
import { relative } from 'node:path'
import { Writable } from 'node:stream'
import type { Reporter, TestProject, TestSpecification, Vitest } from 'vitest/node'
import { configError } from '../src/errors.ts'
import { type ThrowawayDirectory, throwawayDirectory } from '../src/launch/throwaway-directory.ts'
import { quoted, shellWord } from '../src/quoted.ts'
import type { AttemptOrder, AttemptResult, CampaignSetting, Found, Target } from '../src/stress/attempt.ts'
import type { Knobs, MissingKnob } from '../src/stress/knobs.ts'
import { attemptResult } from './attempt-result.ts'
import { AttemptWatch } from './attempt-watch.ts'
import { loadVitest } from './load-vitest.ts'
import { type KnobMeans, missingHere, missingKnobs, withoutMissing } from './missing-knobs.ts'
import { refuseOtherPool } from './other-pool.ts'
import { overridden, type Twin } from './overrides.ts'
import { isOwnOption, ownOptions } from './own-options.ts'
import { campaignPools, type ProjectPools } from './project-pools.ts'
import { TestLines } from './test-lines.ts'
import { Twins } from './twins.ts'
import { likelyKind } from './worker-kind.ts'

export class AttemptRunner {
  readonly #setting: CampaignSetting
  readonly #vitest: Vitest
  readonly #pools: ProjectPools
  readonly #twins: Twins
  /** What tests attach is copied there, and not to the project. */
  readonly #attachments: ThrowawayDirectory
  readonly #lines = new TestLines()
  readonly #specifications: Promise<Map<string, TestSpecification>>
  /** Of each project, as its config has it. */
  readonly #envs: Map<TestProject, TestProject['config']['env']>
  /** Of the attempt that runs. */
  #watch: AttemptWatch | undefined

  private constructor(setting: CampaignSetting, vitest: Vitest, pools: ProjectPools, attachments: ThrowawayDirectory, filters: string[]) {
    this.#setting = setting
    this.#vitest = vitest
    this.#pools = pools
    this.#twins = new Twins(setting)
    this.#attachments = attachments
    this.#specifications = specificationsOf(vitest, filters)
    this.#specifications.catch(() => undefined)
    this.#envs = new Map(vitest.projects.map((project) => [project, project.config.env]))
    for (const { config } of vitest.projects) Object.assign(config, ofEachProject)
  }

  /**
   * `scratch` is a directory to keep things in, where that is not to be the machine's.
   * @throws NsboxError where there is no vitest, or for options that are wrong; and what vitest throws for its own
   */
  static async start(setting: CampaignSetting, scratch?: string): Promise<AttemptRunner> {
    process.chdir(setting.cwd)
    Object.assign(process.env, { TEST: 'true', VITEST: 'true', NODE_ENV: process.env['NODE_ENV'] ?? 'test' })
    const { parseCLI, createVitest } = await loadVitest()
    const { filter, options } = parseCLI(['vitest', 'run', ...setting.words.filter((word) => !isOwnOption(word))])
    refuseOtherPool(options)
    const pools = campaignPools(ownOptions(setting.words))
    const attachments = await throwawayDirectory(scratch)
    try {
      const sealed = { ...options, ...ofAll, pool: pools.initializer as never, attachmentsDir: attachments.path }
      const vitest = await createVitest('test', sealed, { plugins: [pools.plugin] }, { stdout: nowhere(), stderr: nowhere() })
      return new AttemptRunner(setting, vitest, pools, attachments, [...filter, ...setting.filters])
    } catch (error) {
      attachments.remove()
      throw error
    }
  }

  async find(): Promise<Found> {
    const specifications = [...(await this.#specifications).values()]
    const missing = new Map<string, MissingKnob>()
    for (const project of new Set(specifications.map((specification) => specification.project))) {
      for (const one of missingHere(await this.#means(project))) missing.set(one.knob, one)
    }
    return {
      targets: specifications.map(targetOf),
      root: realpathSync(this.#vitest.config.root),
      vitest: this.#vitest.version,
      missing: [...missing.values()],
    }
  }

  /** `twin` where this is one copy of several at once. @throws NsboxError where it could not be tried, which is no result of it */
  async run(order: AttemptOrder, twin?: Twin): Promise<AttemptResult> {
    const key = keyOf(order)
    const specification = (await this.#specifications).get(key)
    if (!specification)
      throw configError(`There is no test file ${quoted(order.file)}${order.project && ` of the project ${quoted(order.project)}`}`)
    const { project } = specification
    const missing = missingKnobs(order.knobs, await this.#means(project, specification.moduleId))
    const several =
      twin || (order.knobs.twins ?? 1) === 1 ? undefined : await this.#runTwins(order, specification, withoutMissing(order.knobs, missing))
    if (several && 'end' in several) return several
    const watch = new AttemptWatch(order, this.#setting.seal, [...missing, ...(several ? [several] : [])], twin)
    try {
      this.#forget()
      this.#prepare(project, watch.knobs, order.testNamePattern)
      // Without them vitest finds no test by its line.
      project.config.includeTaskLocation = !this.#lines.knows(key) || specification.testLines !== undefined
      this.#watch = this.#pools.attempt = watch
      const { unhandledErrors } = await this.#vitest.runTestSpecifications([specification])
      await Promise.all([watch.settled(), this.#pools.of(project).kept()])
      const { testModule: module } = specification
      this.#lines.learn(key, module)
      return attemptResult({ module, unhandled: unhandledErrors, lineOf: (test) => this.#lines.of(key, test) }, watch)
    } finally {
      this.#watch = this.#pools.attempt = undefined
      watch.close()
      // vitest sets it for a test that failed.
      process.exitCode = undefined
    }
  }

  /** What keeps them from it, where they cannot be had. */
  #runTwins(order: AttemptOrder, { moduleId, project }: TestSpecification, turned: Knobs): Promise<AttemptResult | MissingKnob> {
    const settings = overridden(this.#pools.of(project).settingsOf(moduleId, likelyKind(project)), turned)
    return this.#twins.run(order, settings)
  }

  async close(): Promise<void> {
    this.#watch?.abandon()
    await Promise.all([this.#vitest.close(), this.#twins.close()])
    this.#attachments.remove()
  }

  /** @throws NsboxError where sandboxes cannot be had */
  async #means(project: TestProject, file?: string): Promise<KnobMeans> {
    if (project.config.browser?.enabled)
      throw configError(
        `Tests of the project ${quoted(project.name)} run in a browser, which no sandbox holds; ${shellWord(`--project=!${project.name}`)} leaves them out`,
      )
    const pool = this.#pools.of(project)
    const kind = likelyKind(project)
    await pool.open(kind)
    await pool.trim()
    return pool.knobMeans(kind, file)
  }

  /** What is vitest's to turn. */
  #prepare(project: TestProject, { shuffle, locale, seed = Date.now() }: Knobs, pattern = this.#setting.testNamePattern): void {
    Object.assign(project.config.sequence, { shuffle: shuffle === 'tests' || shuffle === 'all', seed })
    project.config.env = { ...this.#envs.get(project), ...(locale !== undefined && localeVariables(locale)) }
    if (pattern === undefined) this.#vitest.resetGlobalTestNamePattern()
    else this.#vitest.setGlobalTestNamePattern(pattern)
  }

  /** What vitest keeps of the attempt before. */
  #forget(): void {
    const { state } = this.#vitest
    for (const kept of [state.filesMap, state.pathsSet, state.idMap, state.errorsSet]) kept.clear()
  }
}

const silent: Reporter = {}

/** What a campaign asks of every project, whatever it has. */
const ofEachProject = {
  passWithNoTests: true,
  bail: 0,
  // They would hide a flake.
  retry: 0,
  // What is printed right before a worker is killed is told all the same.
  disableConsoleIntercept: true,
}

const ofAll = {
  ...ofEachProject,
  watch: false,
  run: true,
  includeTaskLocation: true,
  reporters: [silent],
  coverage: { enabled: false },
  typecheck: { enabled: false },
  sequence: { shuffle: false },
  // Nothing of the project's is changed.
  cache: false as const,
  update: 'none' as const,
}

/** ICU reads them once, when node starts: workers of another locale are forked from another zygote (templateKey). */
function localeVariables(locale: string): Record<string, string> {
  const [name, modifier = ''] = locale.split(/(?=@)/)
  const full = name === 'C' || name === 'POSIX' ? locale : `${name}.UTF-8${modifier}`
  return { LC_ALL: full, LANG: full, LANGUAGE: '' }
}

function nowhere(): Writable {
  return new Writable({ write: (_chunk, _encoding, done) => done() })
}

async function specificationsOf(vitest: Vitest, filters: readonly string[]): Promise<Map<string, TestSpecification>> {
  const found = await vitest.getRelevantTestSpecifications([...filters])
  return new Map(found.map((specification) => [keyOf(targetOf(specification)), specification]))
}

function targetOf({ moduleId, project }: TestSpecification): Target {
  return { file: relative(project.vitest.config.root, moduleId), project: project.name }
}

function keyOf({ file, project }: Target): string {
  return `${project}\0${file}`
}
