// Vite's environment for one sandbox: it transforms modules that a test wrote, with the project's plugins. Its module
// graph is its own, so that nothing of them is cached for another sandbox.

import type { DevEnvironment, Plugin, ResolvedConfig } from 'vite'
import type { SandboxFiles } from './sandbox-files.ts'
import { sandboxAlias, sandboxResolver } from './sandbox-resolver.ts'
import { sandboxStyles } from './sandbox-styles.ts'
import { sandboxTsconfig } from './sandbox-tsconfig.ts'
import { vite } from './vite.ts'

const sandboxes = new WeakSet<DevEnvironment>()

/** For vitest's cache of modules on disk, which is for all sandboxes: what one of them wrote is not kept there. */
export function isCacheable(environment: DevEnvironment): boolean {
  return !sandboxes.has(environment)
}

/** Vite's environment for what the sandbox owns, with the plugins of `base`. It is to be used under {@link seenFrom}. */
export async function sandboxEnvironment(base: DevEnvironment, files: SandboxFiles): Promise<DevEnvironment> {
  const { name } = base
  const whole = base.getTopLevelConfig()
  const options = whole.environments[name] as ResolvedConfig['environments'][string] & { plugins?: Plugin[] }
  const added = [sandboxResolver(base, files), sandboxTsconfig(base, files)]
  const ownOptions = {
    ...options,
    resolve: { ...options.resolve, alias: [...whole.resolve.alias, sandboxAlias(base, files)] },
    // Since Vite 8 an environment has a list of plugins of its own.
    ...(options.plugins && { plugins: withOwn(options.plugins, added) }),
  }
  const own = {
    ...whole,
    plugins: withOwn(whole.plugins as Plugin[], added),
    css: sandboxStyles(whole.css),
    environments: { ...whole.environments, [name]: ownOptions },
    // What Vite has read of package.json is the host's.
    packageCache: new Map(),
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

/** Before Vite's own, which ask the operating system for what the host has. */
function withOwn(plugins: readonly Plugin[], added: Plugin[]): Plugin[] {
  const index = plugins.findIndex(({ name }) => /^(builtin:)?vite[:-]resolve/.test(name))
  return plugins.toSpliced(index < 0 ? plugins.length : index, 0, ...added)
}
