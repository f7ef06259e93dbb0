// The sandbox pools of a command: nsbox whatever pool the config names, with the options of the project's own nsbox() and of the words.

import type { TestProject } from 'vitest/node'
import { poolOptions, type ResolvedPoolOptions } from '../src/config/pool-options.ts'
import type { AttemptWatch } from './attempt-watch.ts'
import { SandboxPool } from './pool.ts'
import { givenOptions, type PoolShapes, poolShapes } from './pool-shapes.ts'

export type OptionWords = Record<string, unknown>

export class ProjectPools implements PoolShapes {
  readonly plugin: PoolShapes['plugin']
  readonly initializer: PoolShapes['initializer']
  readonly #words: OptionWords
  readonly #make: (options: ResolvedPoolOptions) => SandboxPool
  /** By the options of their plugin, which projects may share. */
  readonly #pools = new Map<unknown, SandboxPool>()

  /**
   * `words` are options of the command line: each comes before that of the config.
   * @throws NsboxError ERR_NSBOX_CONFIG for one that is wrong, before vitest starts
   */
  constructor(words: OptionWords, make: (options: ResolvedPoolOptions) => SandboxPool = (options) => new SandboxPool(options)) {
    poolOptions(words)
    this.#words = words
    this.#make = make
    const { plugin, initializer } = poolShapes({
      of: (project) => this.of(project),
      setupLayer: () => [...this.#pools.values()].find(({ setupLayer }) => setupLayer)?.setupLayer,
    })
    this.plugin = plugin
    this.initializer = initializer
  }

  /** @throws NsboxError ERR_NSBOX_CONFIG for options that are wrong together */
  of(project: TestProject): SandboxPool {
    const given = givenOptions(project)
    const pool = this.#pools.get(given) ?? this.#make(poolOptions({ ...(given as object | undefined), ...this.#words }))
    this.#pools.set(given, pool)
    return pool
  }

  /** What runs now, one at a time. */
  set attempt(attempt: AttemptWatch | undefined) {
    for (const pool of this.#pools.values()) pool.attempt = attempt
  }
}

/**
 * Those of a campaign. What is told of files is its to tell, and its time limit stands in for the one that ends hung files. What files
 * leave is kept where the words ask for it: a config does not mean every attempt.
 */
export function campaignPools(words: OptionWords): ProjectPools {
  return new ProjectPools({ keep: 'never', ...words }, ({ reportFile: _, ...options }) => {
    return new SandboxPool({ ...options, report: false, hangTimeout: 0 }, { counts: true })
  })
}
