// Vite, as vitest has it: package.json names vitest alone, and strict package managers (Yarn's, or pnpm's
// without hoisting) let a package import nothing else.

import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'

type Vite = typeof import('vite')

export const vite: Vite = viteOf(vitestFrom(import.meta.url) ?? vitestFrom(pathToFileURL(`${process.cwd()}/`)))

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

function viteOf(vitest: string | undefined): Vite {
  return createRequire(vitest ?? import.meta.url)('vite') as Vite
}
