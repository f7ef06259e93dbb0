// Directories of the host that a run touches.

import { existsSync, mkdirSync, realpathSync, statSync } from 'node:fs'
import { homedir } from 'node:os'
import { basename, dirname, isAbsolute, join, resolve } from 'node:path'
import type { ResolvedConfig, TestProject, Vitest } from 'vitest/node'
import { configError } from '../src/errors.ts'
import { realDirectory, sharedDirectories } from '../src/host/facts.ts'
import { repositoryAround } from '../src/host/repository.ts'
import { isWithin, outermost } from '../src/plan/paths.ts'
import { inQuotes, quoted } from '../src/quoted.ts'
import { linkedDirectories } from './linked-directories.ts'
import { workspaceRoot } from './workspace-root.ts'

/** Of one run. Real paths. */
export interface Places {
  /** The project's own directories. Snapshots are saved only below them. */
  workspaces: string[]
  /** Directories under throwaway overlays: the workspaces, and their git metadata where it lies elsewhere. */
  overlays: string[]
  /** Read by modules of the project, wherever they lie. */
  visible: string[]
}

/** `workspace` is the user's word for it. @throws NsboxError ERR_NSBOX_CONFIG for a directory that no overlay can cover */
export function placesOf({ config, projects, vite }: Vitest, workspace: string | undefined): Places {
  const roots = [config.root, ...projects.map((project) => project.config.root)]
  const configs = [vite, ...projects.map((project) => project.vite)].flatMap(({ config: { configFile } }) => configFile ?? [])
  const others = [process.cwd(), ...configs.map((file) => dirname(file))]
  const workspaces = workspace === undefined ? workspacesOf(roots, others) : [workspaceDirectory(workspace)]
  const used = [...roots, ...others].map(realDirectory).filter((path) => path !== null)
  const shared = sharedDirectories(process.env)
  const caches = [config, ...projects.map((project) => project.config)].flatMap(moduleCache)
  const visible = [
    ...used,
    ...linkedDirectories(used, workspaces),
    ...caches,
    ...[vite, ...projects.map((project) => project.vite)].flatMap(named),
  ]
  // Those are private inside, and there already.
  return { workspaces, overlays: overlaysOf(workspaces, shared), visible: visible.filter((path) => !shared.includes(path)) }
}

export function overlaysOf(workspaces: readonly string[], shared: readonly string[]): string[] {
  return [...workspaces, ...workspaces.flatMap((directory) => repositoryAround(directory, shared))]
}

/** What the config of Vite names for modules of the project: targets of aliases, and what its server may hand out. */
function named({
  config: {
    resolve: { alias },
    server,
  },
}: TestProject['vite']): string[] {
  const paths = [...alias.map(({ replacement }) => replacement), ...server.fs.allow].filter((path) => isAbsolute(path) && existsSync(path))
  const home = realDirectory(homedir())
  // HOME is not named by accident.
  return paths.map((path) => realpathSync(path)).filter((path) => path !== '/' && (home === null || !isWithin(home, path)))
}

/** Where vitest was started, or has its config from, is a place to write to when it is a package. */
function workspacesOf(roots: readonly string[], others: readonly string[]): string[] {
  const packages = others.map((path) => realDirectory(workspaceRoot(path))).filter((path) => path !== null)
  return outermost([...roots.map(rootDirectory), ...packages.filter((path) => existsSync(join(path, 'package.json')))])
}

function rootDirectory(root: string): string {
  const real = realDirectory(workspaceRoot(root))
  if (real !== null) return real
  throw configError(
    `nsbox(): the project's root is ${inQuotes(root)}, and no overlay can cover that. Move the project to a directory of its own`,
  )
}

/** @throws NsboxError ERR_NSBOX_CONFIG when it cannot be put under an overlay */
export function workspaceDirectory(path: string): string {
  const real = realDirectory(path)
  if (real !== null) return real
  throw configError(`nsbox(): workspace is ${inQuotes(path)}; it must be an existing directory other than /`)
}

/** Says so when the directory's group does not exist inside, where only root has more than its own. */
export function foreignGroup(directory: string): string | undefined {
  const { gid } = statSync(directory)
  if (process.getuid?.() === 0 || gid === process.getgid?.()) return undefined
  return `${quoted(directory)} belongs to group ${gid}, which does not exist inside: its files cannot be changed there (EOVERFLOW). chgrp -R $(id -g) mends it.`
}

/** The tree that a package and its dependencies are installed in. Its real path. */
export function installDirectory(path: string): string {
  const real = realpathSync(path)
  const modules = real.indexOf('/node_modules/')
  return modules === -1 ? dirname(real) : real.slice(0, modules + '/node_modules'.length)
}

/** Where workers of vitest 5 write the coverage of each file for vitest's main process. Its real path. */
export function coverageDirectory({ config: { root, shard, coverage } }: Vitest): string | undefined {
  if (!coverage.enabled) return undefined
  const directory = resolve(root, coverage.reportsDirectory, `.tmp${shard ? `-${shard.index}-${shard.count}` : ''}`)
  mkdirSync(directory, { recursive: true })
  return realpathSync(directory)
}

/** vitest 4 has these among its experiments. */
interface ModuleCacheOptions {
  fsModuleCache?: boolean
  fsModuleCachePath?: string
}

/** Where vitest's main process keeps modules that it has transformed, for workers to read. Its real path. */
function moduleCache(config: Pick<ResolvedConfig, 'root' | 'experimental'> & ModuleCacheOptions): string[] {
  const { fsModuleCache, fsModuleCachePath: path }: ModuleCacheOptions = { ...config.experimental, ...config }
  // Where none is named it lies in the workspace.
  if (!fsModuleCache || path === undefined) return []
  const directory = resolve(config.root, path)
  mkdirSync(directory, { recursive: true })
  return [realpathSync(directory)]
}

/** The path without links, as far as it exists. */
export function realLocation(path: string): string {
  try {
    return realpathSync(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    return join(realLocation(dirname(path)), basename(path))
  }
}
