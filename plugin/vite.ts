// Vite, as vitest has it: package.json names vitest alone, and strict package managers (Yarn's, or pnpm's
// without hoisting) let a package import nothing else.

import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'

type Vite = typeof import('vite')

const requireVite = createRequire(vitestFrom(import.meta.url) ?? vitestFrom(pathToFileURL(`${process.cwd()}/`)) ?? import.meta.url)

export const vite: Vite = requireVite('vite') as Vite

export const createFilter: Vite['createFilter'] = vite.createFilter
export const searchForWorkspaceRoot: Vite['searchForWorkspaceRoot'] = vite.searchForWorkspaceRoot

/** A command that is installed by itself has no vitest beside it, and uses that of its working directory. */
function vitestFrom(place: string | URL): string | undefined {
  try {
    return createRequire(place).resolve('vitest/package.json')
  } catch {
    return undefined
  }
}

/** A package that Vite itself imports. */
export function requireFromVite(name: string): unknown {
  return createRequire(requireVite.resolve('vite'))(name)
}
