// `nsbox/vitest`: the Vite plugin that makes `pool: 'nsbox'` and `--pool=nsbox` work.

import type { Plugin } from 'vite'
import type {} from 'vitest/config'
import type { PoolRunnerInitializer } from 'vitest/node'
import type { PoolOptions } from '../src/config/pool-options.ts'
import { sandboxPool } from './pool-shapes.ts'

export type { PoolOptions }

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
