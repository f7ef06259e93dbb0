// A pool as vitest takes it: as a plugin, or as its option `pool`.

import { createRequire } from 'node:module'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Plugin } from 'vite'
import type { PoolRunnerInitializer, TestProject, PoolOptions as WorkerOptions } from 'vitest/node'
import { poolOptions } from '../src/config/pool-options.ts'
import { requireKnownVitest } from '../src/host/known-vitest.ts'
import { keepSandboxesOutOfCache } from './module-cache.ts'
import { SandboxPool } from './pool.ts'
import { NsboxPoolWorker } from './pool-worker.ts'
import type { SetupLayer } from './setup-layer.ts'
import { setupModules } from './setup-modules.ts'
import { likelyKind } from './worker-kind.ts'

const poolName = 'nsbox'

/** A pool in both of its shapes. As a vitest option it reaches every project, as a plugin it is opened early. */
export interface PoolShapes {
  plugin: Plugin
  initializer: PoolRunnerInitializer
}

/** @throws NsboxError ERR_NSBOX_CONFIG for options that are wrong */
export function sandboxPool(options: unknown): PoolShapes {
  const pool = new SandboxPool(poolOptions(options))
  return poolShapes({ of: () => pool, setupLayer: () => pool.setupLayer, given: options })
}

/** Where workers find their pool. */
export interface PoolSource {
  of(project: TestProject): SandboxPool
  setupLayer(): SetupLayer | undefined
  /** The options that the config gives, for whoever makes another pool of them. */
  given?: unknown
}

export function poolShapes({ of, setupLayer, given }: PoolSource): PoolShapes {
  const initializer = asFunction({ name: poolName, createPoolWorker: (worker) => poolWorker(worker, of(worker.project)) })
  const plugin: Plugin<GivenOptions> = {
    name: 'nsbox',
    ...(given !== undefined && { api: { given } }),
    ...setupModules(setupLayer),
    config: (config) => addToInlineProjects(config, plugin),
    async configureVitest({ project, ...context }) {
      project.config.poolRunner ??= initializer
      // By its function: vitest merges options, and the object may be a copy.
      const isOurs = project.config.poolRunner.createPoolWorker === initializer.createPoolWorker
      if (project.config.pool !== poolName || !isOurs) return
      requireKnownVitest(project.vitest.version)
      keepSandboxesOutOfCache(project, context)
      await of(project).open(likelyKind(project))
    },
  }
  return { plugin, initializer }
}

/** Without the plugin, the first call that vitest makes. */
function poolWorker(options: WorkerOptions, pool: SandboxPool): NsboxPoolWorker {
  requireKnownVitest(options.project.vitest.version)
  keepSandboxesOutOfCache(options.project)
  return new NsboxPoolWorker(options, pool)
}

interface GivenOptions {
  given: unknown
}

/** The options of the project's own nsbox(), of whatever copy of it; undefined where there is none. */
export function givenOptions({ vite, vitest }: TestProject): unknown {
  const plugins = [...vite.config.plugins, ...vitest.vite.config.plugins]
  return plugins.map(({ name, api }) => (name === 'nsbox' ? (api as GivenOptions | undefined)?.given : undefined)).find((given) => given)
}

/** vitest merges an object into what a config has, and where that is the name of a pool the name stays. A function takes its place. */
function asFunction({ name, createPoolWorker }: PoolRunnerInitializer): PoolRunnerInitializer {
  return Object.defineProperty(
    Object.assign(() => undefined, { createPoolWorker }),
    'name',
    { value: name },
  )
}

interface InlineConfig {
  root?: string
  test?: unknown
}

/** Each project has its own plugins: one that is written inline and extends nothing would have none of ours. */
function addToInlineProjects(config: InlineConfig, plugin: Plugin): void {
  const { projects = [] } = (config.test ?? {}) as { projects?: { extends?: unknown; plugins?: unknown[] }[] }
  if (projects.length === 0) return
  // Since vitest 5 they extend the config around them unless they say no.
  const extendsByDefault = vitestMajor(config.root) >= 5
  for (const project of projects) {
    if (typeof project !== 'object' || (project.extends ?? extendsByDefault)) continue
    project.plugins = [...(project.plugins ?? []), plugin]
  }
}

function vitestMajor(root = process.cwd()): number {
  const manifest = createRequire(pathToFileURL(`${resolve(root)}/`))('vitest/package.json') as { version: string }
  return Number.parseInt(manifest.version, 10)
}
