// Vite's environments besides the project's own, with the project's plugins. Each has a module graph of its own, so that nothing
// of it is cached for another. One for one sandbox transforms modules that a test wrote; one for a view of the host's files
// transforms those for the sandboxes that have this view.

import type { DevEnvironment, Plugin, ResolvedConfig, ViteDevServer } from 'vite'
import type { SandboxFiles } from './sandbox-files.ts'
import { sandboxAlias, sandboxResolver } from './sandbox-resolver.ts'
import { sandboxStyles } from './sandbox-styles.ts'
import { sandboxTsconfig } from './sandbox-tsconfig.ts'
import { vite } from './vite.ts'

type Options = ResolvedConfig['environments'][string] & { plugins?: Plugin[] }

const made = new WeakSet<DevEnvironment>()

/**
 * One of the project's, which is for all workers with the pool's ordinary view. vitest's cache of modules on disk is for every
 * sandbox: nothing of the others is kept there.
 */
export function isOfProject(environment: DevEnvironment): boolean {
  return !made.has(environment)
}

/** Vite's environment for what the sandbox owns, with the plugins of `base`. It is to be used under {@link seenFrom}. */
export async function sandboxEnvironment(base: DevEnvironment, files: SandboxFiles): Promise<DevEnvironment> {
  const whole = base.getTopLevelConfig()
  const options = optionsOf(base)
  const added = [sandboxResolver(base, files), sandboxTsconfig(base, files)]
  const own = make(
    base,
    { plugins: withOwn(whole.plugins as Plugin[], added), css: sandboxStyles(whole.css) },
    {
      resolve: { ...options.resolve, alias: [...whole.resolve.alias, sandboxAlias(base, files)] },
      // Since Vite 8 an environment has a list of plugins of its own.
      ...(options.plugins && { plugins: withOwn(options.plugins, added) }),
    },
  )
  await own.init()
  return own
}

/** The same as `base` with a module graph of its own. It is to be used under {@link seenFrom} of one view alone. */
export async function viewEnvironment(base: DevEnvironment, { watcher }: ViteDevServer): Promise<DevEnvironment> {
  const own = make(base, {}, {})
  await own.init({ watcher })
  return own
}

function optionsOf(base: DevEnvironment): Options {
  return base.getTopLevelConfig().environments[base.name] as Options
}

function make(base: DevEnvironment, change: object, optionsChange: object): DevEnvironment {
  const { name } = base
  const whole = base.getTopLevelConfig()
  const own = {
    ...whole,
    ...change,
    environments: { ...whole.environments, [name]: { ...optionsOf(base), ...optionsChange } },
    // What Vite has read of package.json is the host's.
    packageCache: new Map(),
  }
  const environment = new vite.DevEnvironment(name, own as unknown as ResolvedConfig, {
    hot: false,
    transport: vite.createServerHotChannel(),
    ...(base.depsOptimizer ? { depsOptimizer: base.depsOptimizer } : { disableDepsOptimizer: true }),
  })
  made.add(environment)
  return environment
}

/** Before Vite's own, which ask the operating system for what the host has. */
function withOwn(plugins: readonly Plugin[], added: Plugin[]): Plugin[] {
  const index = plugins.findIndex(({ name }) => /^(builtin:)?vite[:-]resolve/.test(name))
  return plugins.toSpliced(index < 0 ? plugins.length : index, 0, ...added)
}
