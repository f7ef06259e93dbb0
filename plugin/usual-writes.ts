// What a file may write in the overlays without being told of.

import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isWithin } from '../src/plan/paths.ts'
import type { WrittenPlaces } from './file-report.ts'
import { createFilter } from './vite.ts'

/** Caches of tools. Snapshots, coverage and attachments reach the host by other ways, and are known by those. */
const caches = ['**/node_modules/.{vite,vite-temp,vitest,cache}/**', '~/.cache/**', '~/.npm/**']

/** Of absolute paths. `expected` are globs, relative to a workspace; `~/` is HOME. */
export function usualWrites(
  expected: readonly string[],
  { workspaces, home }: WrittenPlaces,
  temporary: string = tmpdir(),
): (path: string) => boolean {
  const globs = [...caches, ...expected].map((glob) => (glob.startsWith('~/') ? join(escapedGlob(home), glob.slice(2)) : glob))
  // Elsewhere it is private, and no overlay.
  const inside = [...workspaces, home].some((directory) => isWithin(temporary, directory)) ? [`${escapedGlob(temporary)}/**`] : []
  const filters = workspaces.map((workspace) => createFilter([...globs, ...inside], undefined, { resolve: workspace }))
  return (path) => filters.some((isUsual) => isUsual(path))
}

/** As it is, in a glob. */
export function escapedGlob(path: string): string {
  return path.replace(/[\\!*?()[\]{}+@|]/g, '\\$&')
}
