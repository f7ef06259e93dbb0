// Vite's environment for one sandbox: it transforms modules that a test wrote, with the project's plugins. Its module
// graph is its own, so that nothing of them is cached for another sandbox.

import fs from 'node:fs'
import { isAbsolute, join } from 'node:path'
import { ResolverFactory } from 'enhanced-resolve'
import type { DevEnvironment, Plugin, ResolvedConfig } from 'vite'
import type { SandboxFiles } from './sandbox-files.ts'
import { vite } from './vite.ts'

const sandboxes = new WeakSet<DevEnvironment>()

/** For vitest's cache of modules on disk, which is for all sandboxes: what one of them wrote is not kept there. */
export function isCacheable(environment: DevEnvironment): boolean {
  return !sandboxes.has(environment)
}

/** What the project's plugins are made for is the environment `base`. It is to be used under {@link seenFrom}. */
export async function sandboxEnvironment(base: DevEnvironment, files: SandboxFiles): Promise<DevEnvironment> {
  const { name } = base
  const whole = base.getTopLevelConfig()
  const options = whole.environments[name] as ResolvedConfig['environments'][string] & { plugins?: Plugin[] }
  const resolver = sandboxResolver(base, files)
  const own = {
    ...whole,
    plugins: withResolver(whole.plugins as Plugin[], resolver),
    // What Vite has read of package.json is the host's.
    packageCache: new Map(),
    server: { ...whole.server, watch: null },
    // Since Vite 8 an environment has its own list.
    environments: {
      ...whole.environments,
      [name]: { ...options, ...(options.plugins && { plugins: withResolver(options.plugins, resolver) }) },
    },
  }
  const environment = new vite.DevEnvironment(name, own as ResolvedConfig, {
    hot: false,
    transport: vite.createServerHotChannel(),
    ...(base.depsOptimizer ? { depsOptimizer: base.depsOptimizer } : { disableDepsOptimizer: true }),
  })
  sandboxes.add(environment)
  await environment.init()
  return environment
}

/** Before Vite's own, which asks the operating system for what the host has. */
function withResolver(plugins: readonly Plugin[], resolver: Plugin): Plugin[] {
  const index = plugins.findIndex(({ name }) => /^(builtin:)?vite[:-]resolve/.test(name))
  return plugins.toSpliced(index < 0 ? plugins.length : index, 0, resolver)
}

/** Finds modules that are the sandbox's own, and leaves all others to Vite. */
function sandboxResolver({ config }: DevEnvironment, files: SandboxFiles): Plugin {
  const { root, resolve, isProduction } = config
  const resolver = ResolverFactory.createResolver({
    fileSystem: fs as never,
    extensions: ['', ...resolve.extensions],
    enforceExtension: false,
    conditionNames: resolve.conditions.map((name) =>
      name === 'development|production' ? (isProduction ? 'production' : 'development') : name,
    ),
    mainFields: [...resolve.mainFields, 'main'],
    symlinks: !resolve.preserveSymlinks,
    unsafeCache: false,
  })
  return {
    name: 'nsbox:sandbox-resolve',
    async resolveId(source, importer) {
      if (/^(\0|virtual:|data:|https?:)/.test(source)) return undefined
      const [path = '', query] = source.split('?', 2)
      const suffix = query === undefined ? '' : `?${query}`
      const from = importer !== undefined && isAbsolute(importer) ? join(importer, '..') : root
      const requests = isAbsolute(path) ? [path, join(root, path)] : [path]
      for (const request of requests) {
        const found = await resolved(from, request)
        if (found !== undefined && files.owns(found)) return `${found}${suffix}`
      }
      return undefined
    },
  }

  function resolved(from: string, request: string): Promise<string | undefined> {
    return new Promise((settle) => {
      resolver.resolve({}, from, request, {}, (error, found) => settle(error || !found ? undefined : found))
    })
  }
}
