// Inside: tells the host which of vitest's questions about modules may be about files that a test has written or removed.

import type { Stats } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { statSync } from '../src/untouched.ts'

/** birpc's question, as far as it is read here. */
interface ModuleQuestion {
  t?: string
  m?: string
  a?: [id: string, importer?: string]
}

/** File systems keep times by the kernel's coarse clock, which lags behind: time(7). In milliseconds. */
const clockLag = 5

/** True when the host has to look at the sandbox's files to answer. `born` is in milliseconds; `root` is the project's. */
export function isOwnModule(message: unknown, born: number, root: string): boolean {
  const { t, m: method, a: args } = message as ModuleQuestion
  if (t !== 'q' || (method !== 'fetch' && method !== 'resolve') || typeof args?.[0] !== 'string') return false
  const places = placesOf(args[0], args[1], root)
  const there = places.map(statsOf).find((stats) => stats?.isFile())
  // The change time cannot be set by programs: what came with the lower layer is older.
  return there ? there.ctimeMs >= born - clockLag : places.length > 0
}

/** A name can be too long, or lead in circles: then nothing is there. */
function statsOf(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false })
  } catch {
    return undefined
  }
}

/** What a module's id may stand for: Vite names what is below the root as if that were /. None for what is no path. */
export function placesOf(id: string, importer: string | undefined, root: string): string[] {
  const path = id.replace(/\?.*$/s, '')
  if (path.startsWith('file://')) return pathOf(path)
  if (path.startsWith('/@fs/')) return [path.slice('/@fs'.length)]
  if (/^\/@|\0/.test(path)) return []
  if (path.startsWith('/')) return [path, join(root, path)]
  if (importer === undefined || !path.startsWith('.')) return []
  return placesOf(importer, undefined, root).map((from) => join(dirname(from), path))
}

/** None for an address of another host, and for one that cannot be decoded. */
function pathOf(address: string): string[] {
  try {
    return [fileURLToPath(address)].filter((path) => !path.includes('\0'))
  } catch {
    return []
  }
}
