// vitest's cache of transformed modules on disk is for all sandboxes: what one of them wrote, or what only some of them see, is not kept
// there.

import type { TestProject, VitestPluginContext } from 'vitest/node'
import { isOfProject } from './sandbox-vite.ts'

type Define = VitestPluginContext['experimental_defineCacheKeyGenerator']
/** vitest 4 has it among its experiments. */
type Context = { defineCacheKeyGenerator?: Define; experimental_defineCacheKeyGenerator?: Define }

/** Where vitest keeps what plugins define. */
interface Caches {
  cache?: { _modules?: { defineCacheKeyGenerator(config: TestProject['config'], callback: Parameters<Define>[0]): void } }
  _fsCache?: { defineCacheKeyGenerator: Define }
}

const told = new WeakSet<TestProject>()

/** Once for a project. A pool without a plugin has no `context`, and asks vitest itself. */
export function keepSandboxesOutOfCache(project: TestProject, context: Context = {}): void {
  if (told.has(project)) return
  told.add(project)
  const { cache, _fsCache } = project.vitest as unknown as Caches
  const define =
    context.defineCacheKeyGenerator ??
    context.experimental_defineCacheKeyGenerator ??
    ((callback) => {
      if (cache?._modules) cache._modules.defineCacheKeyGenerator(project.config, callback)
      else _fsCache?.defineCacheKeyGenerator(callback)
    })
  define(({ environment }) => (isOfProject(environment) ? undefined : false))
}
