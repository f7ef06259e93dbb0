// `nsbox/vitest`: the Vite plugin that makes `pool: 'nsbox'` and `--pool=nsbox` work.

import type { Plugin } from 'vite'
import type {} from 'vitest/config'
import type { PoolRunnerInitializer, Vitest } from 'vitest/node'
import { type PoolOptions, poolOptions } from '../src/config/pool-options.ts'
import type { LaunchChoice } from '../src/launch/choose.ts'
import { SandboxPool } from './pool.ts'
import { NsboxPoolWorker } from './pool-worker.ts'
import { likelyKind } from './worker-kind.ts'

export type { PoolOptions }

const poolName = 'nsbox'

/**
 * Runs every test file in a sandbox of its own when the pool is `nsbox`.
 * @throws NsboxError ERR_NSBOX_CONFIG for options that are wrong
 */
export function nsbox(options?: PoolOptions): Plugin {
  const pool = new SandboxPool(poolOptions(options))
  const initializer = poolRunner(pool)
  const plugin: Plugin = {
    name: 'nsbox',
    config: (config) => addToInlineProjects(config, plugin),
    async configureVitest({ project, vitest }) {
      project.config.poolRunner ??= initializer
      if (project.config.pool !== poolName || project.config.poolRunner !== initializer) return
      vitest.onClose(() => pool.close())
      report(vitest, await pool.open(likelyKind(project)))
    },
  }
  return plugin
}

export default nsbox

/** The pool by itself, for vitest's option `pool`, where there is no plugin. */
export function nsboxPool(options?: PoolOptions): PoolRunnerInitializer {
  return poolRunner(new SandboxPool(poolOptions(options)))
}

function poolRunner(pool: SandboxPool): PoolRunnerInitializer {
  return { name: poolName, createPoolWorker: (options) => new NsboxPoolWorker(options, pool) }
}

/** Each project has its own plugins: one that is written inline and extends nothing would have none of ours. */
function addToInlineProjects(config: { test?: unknown }, plugin: Plugin): void {
  const { projects = [] } = (config.test ?? {}) as { projects?: { extends?: unknown; plugins?: unknown[] }[] }
  for (const project of projects) {
    if (typeof project !== 'object' || project.extends) continue
    project.plugins = [...(project.plugins ?? []), plugin]
  }
}

/** Said once: what is not as it was asked for, and why. */
function report({ logger }: Vitest, { mode, reasons, notEnforced }: LaunchChoice): void {
  if (reasons.length > 0) logger.warn(`nsbox: workers are launched ${mode}: ${reasons.join('; ')}`)
  for (const { protection, error } of notEnforced) logger.warn(`nsbox: not sealed here: ${protection}: ${error.message}`)
}
