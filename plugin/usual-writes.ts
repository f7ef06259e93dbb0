// What a file may write outside its temporary directory without being told of.

import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { createFilter } from 'vite'

/** Caches of tools. Snapshots, coverage and attachments reach the host by other ways, and are known by those. */
const caches = ['**/node_modules/.{vite,vite-temp,vitest,cache}/**', '~/.cache/**', '~/.npm/**']

/** Of absolute paths. `expected` are globs, relative to the workspace; `~` is HOME. */
export function usualWrites(expected: readonly string[], workspace: string, home = homedir()): (path: string) => boolean {
  const globs = [...caches, ...expected].map((glob) => (glob.startsWith('~/') ? join(escaped(home), glob.slice(2)) : glob))
  return createFilter([...globs, `${escaped(tmpdir())}/**`], undefined, { resolve: workspace })
}

function escaped(path: string): string {
  return path.replace(/[\\!*?()[\]{}+@|]/g, '\\$&')
}
