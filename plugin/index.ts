// `nsbox/vitest`: the Vite plugin that makes `pool: 'nsbox'` and `--pool=nsbox` work.

import { createRequire } from 'node:module'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Plugin } from 'vite'
import type {} from 'vitest/config'
import type { PoolRunnerInitializer } from 'vitest/node'
import { type PoolOptions, poolOptions } from '../src/config/pool-options.ts'
import { SandboxPool } from './pool.ts'
import { NsboxPoolWorker } from './pool-worker.ts'
import { setupModules } from './setup-modules.ts'
import { likelyKind } from './worker-kind.ts'

export type { PoolOptions }

const poolName = 'nsbox'

/**
 * Runs every test file in a sandbox of its own when the pool is `nsbox`.
 * @throws NsboxError ERR_NSBOX_CONFIG for options that are wrong
 */
export function nsbox(options?: PoolOptions): Plugin {
  return sandboxPool(options).plugin
}

export default nsbox

/**
 * The pool by itself, for vitest's option `pool`, where there is no plugin.
 * @throws NsboxError ERR_NSBOX_CONFIG for options that are wrong
 */
export function nsboxPool(options?: PoolOptions): PoolRunnerInitializer {
  return sandboxPool(options).initializer
}

/** A pool in both of its shapes. As a vitest option it reaches every project, as a plugin it is opened early. */
export function sandboxPool(options: unknown): { plugin: Plugin; initializer: PoolRunnerInitializer } {
  const pool = new SandboxPool(poolOptions(options))
  const initializer = asFunction({ name: poolName, createPoolWorker: (worker) => new NsboxPoolWorker(worker, pool) })
  const plugin: Plugin = {
    name: 'nsbox',
    ...setupModules(() => pool.setupLayer),
    config: (config) => addToInlineProjects(config, plugin),
    async configureVitest({ project }) {
      project.config.poolRunner ??= initializer
      // By its function: vitest merges options, and the object may be a copy.
      const isOurs = project.config.poolRunner.createPoolWorker === initializer.createPoolWorker
      if (project.config.pool === poolName && isOurs) await pool.open(likelyKind(project))
    },
  }
  return { plugin, initializer }
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
