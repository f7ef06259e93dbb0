// Packages that are imported through links in node_modules and lie elsewhere: `npm link`, `file:`
// dependencies, a node_modules that is a link itself. node resolves what they import from where they are.

import { type Dirent, existsSync, readdirSync, realpathSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { isWithin } from '../src/plan/paths.ts'
import { workspaceRoot } from './workspace-root.ts'

/** What links of these directories' packages lead to, outside of `known`. Real paths. */
export function linkedDirectories(directories: readonly string[], known: readonly string[]): string[] {
  const found = new Set<string>()
  const seen = new Set<string>()
  const follow = (directory: string): void => {
    for (const modules of nodeModulesAbove(directory)) {
      if (seen.has(modules)) continue
      seen.add(modules)
      if (!known.some((path) => isWithin(modules, path))) found.add(modules)
      for (const target of linksOf(modules)) {
        if (isWithin(target, modules)) continue
        const around = known.find((path) => isWithin(target, path))
        if (around === undefined) found.add(workspaceRoot(target))
        // What is installed links to what is installed, and pnpm's store holds thousands of such links.
        else if (target.slice(around.length).includes('/node_modules/')) continue
        follow(target)
      }
    }
  }
  for (const directory of directories) follow(directory)
  return [...found]
}

/** Where node looks for packages that a file of the directory imports. Real paths. */
function nodeModulesAbove(directory: string): string[] {
  const above = dirname(directory)
  const own = join(directory, 'node_modules')
  return [...(existsSync(own) ? [realpathSync(own)] : []), ...(above === directory ? [] : nodeModulesAbove(above))]
}

/** Directories that links in a node_modules lead to. */
function linksOf(modules: string): string[] {
  const entries = readdirSync(modules, { withFileTypes: true })
  const scoped = entries.filter((entry) => entry.isDirectory() && entry.name.startsWith('@'))
  const all = [...entries, ...scoped.flatMap(({ name }) => readdirSync(join(modules, name), { withFileTypes: true }))]
  return all.filter((entry) => entry.isSymbolicLink()).flatMap(targetOf)
}

function targetOf({ parentPath, name }: Dirent): string[] {
  const path = join(parentPath, name)
  return existsSync(path) ? [realpathSync(path)] : []
}
