// One warm vitest of a campaign, which runs one file after the other under other knobs each time.

import { realpathSync } from 'node:fs'
import { relative } from 'node:path'
import { Writable } from 'node:stream'
import type { Reporter, TestProject, TestSpecification, Vitest } from 'vitest/node'
import { configError } from '../src/errors.ts'
import type { AttemptOrder, AttemptResult, CampaignSetting, Found, Target } from '../src/stress/attempt.ts'
import { attemptResult } from './attempt-result.ts'
import { AttemptWatch } from './attempt-watch.ts'
import { CampaignPools } from './campaign-pools.ts'
import { loadVitest } from './load-vitest.ts'
import { isOwnOption, ownOptions } from './own-options.ts'
import { likelyKind } from './worker-kind.ts'

export class AttemptRunner {
  readonly #setting: CampaignSetting
  readonly #vitest: Vitest
  readonly #pools: CampaignPools
  readonly #specifications: Promise<Map<string, TestSpecification>>

  private constructor(setting: CampaignSetting, vitest: Vitest, pools: CampaignPools, filters: readonly string[]) {
    this.#setting = setting
    this.#vitest = vitest
    this.#pools = pools
    this.#specifications = specificationsOf(vitest, filters)
    this.#specifications.catch(() => undefined)
  }

  /** @throws NsboxError where there is no vitest, or for options that are wrong; and what vitest throws for its own */
  static async start(setting: CampaignSetting): Promise<AttemptRunner> {
    process.chdir(setting.cwd)
    Object.assign(process.env, { TEST: 'true', VITEST: 'true', NODE_ENV: process.env['NODE_ENV'] ?? 'test' })
    const { parseCLI, createVitest } = await loadVitest()
    const { filter, options } = parseCLI(['vitest', 'run', ...setting.words.filter((word) => !isOwnOption(word))])
    const pools = new CampaignPools(ownOptions(setting.words))
    const quiet = { stdout: nowhere(), stderr: nowhere() }
    const vitest = await createVitest('test', { ...options, ...alwaysSo(setting, pools) }, { plugins: [pools.plugin] }, quiet)
    return new AttemptRunner(setting, vitest, pools, [...filter, ...setting.filters])
  }

  async find(): Promise<Found> {
    const specifications = [...(await this.#specifications).values()]
    for (const project of new Set(specifications.map((specification) => specification.project))) await this.#open(project)
    return {
      targets: specifications.map(targetOf),
      root: realpathSync(this.#vitest.config.root),
      vitest: this.#vitest.version,
      missing: [],
    }
  }

  async run(order: AttemptOrder): Promise<AttemptResult> {
    const specification = (await this.#specifications).get(keyOf(order))
    if (!specification) throw configError(`There is no test file ${order.file}${order.project && ` of the project ${order.project}`}`)
    await this.#open(specification.project)
    const watch = new AttemptWatch(order, this.#setting.seal)
    this.#forget()
    this.#order(specification.project, order)
    this.#pools.attempt = watch
    try {
      const { unhandledErrors } = await this.#vitest.runTestSpecifications([specification])
      await watch.settled()
      return attemptResult(specification.testModule, unhandledErrors, watch)
    } finally {
      this.#pools.attempt = undefined
      watch.close()
      // vitest sets it for a test that failed.
      process.exitCode = undefined
    }
  }

  async close(): Promise<void> {
    await this.#vitest.close()
  }

  /** @throws NsboxError where sandboxes cannot be had */
  async #open(project: TestProject): Promise<void> {
    await this.#pools.of(project).open(likelyKind(project))
  }

  #order({ config }: TestProject, { knobs: { shuffle, seed = Date.now() }, testNamePattern }: AttemptOrder): void {
    Object.assign(config.sequence, { shuffle: shuffle === 'tests' || shuffle === 'all', seed })
    this.#vitest.setGlobalTestNamePattern(testNamePattern ?? this.#setting.testNamePattern ?? '')
  }

  /** What vitest keeps of the attempt before. */
  #forget(): void {
    const { state } = this.#vitest
    for (const kept of [state.filesMap, state.pathsSet, state.idMap, state.errorsSet]) kept.clear()
  }
}

/** What a campaign asks of vitest, whatever the project has. */
function alwaysSo({ testNamePattern }: CampaignSetting, { initializer }: CampaignPools) {
  return {
    watch: false,
    run: true,
    pool: initializer as never,
    reporters: [silent],
    coverage: { enabled: false },
    typecheck: { enabled: false },
    cache: false as const,
    update: false,
    passWithNoTests: true,
    bail: 0,
    // They would hide a flake.
    retry: 0,
    sequence: { shuffle: false },
    includeTaskLocation: true,
    // What is printed right before a worker is killed is told all the same.
    disableConsoleIntercept: true,
    ...(testNamePattern !== undefined && { testNamePattern }),
  }
}

const silent: Reporter = {}

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
