// Source maps that vitest's main process reads for the frame of a file: it follows a comment in the file to the map, and prints lines of
// the files that the map names.

import { readFileSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'

/** Of a file, in bytes. Nothing that people write is so long. */
const longest = 64 * 1024 * 1024
/** More than the comments that vitest takes. */
const comments = /sourceMappingURL=([^\r\n]+)/g
const inline = /^data:[^,]*?(;base64)?,([^\s*'"`]*)/

/** Paths to which a file leads. */
interface Leads {
  maps: readonly string[]
  sources: readonly string[]
}

const nowhere: Leads = { maps: [], sources: [] }
const known = new Map<string, { changed: number; leads: Leads }>()

/** True where all that vitest may read after the file at `path` is readable, too. */
export function leadsToReadable(path: string, isReadable: (path: string) => boolean): boolean {
  const { maps, sources } = leadsOf(path, leadsOfCode)
  return (
    [...maps, ...sources].every(isReadable) &&
    // A source is found from the file, not from the map.
    maps.every((map) => leadsOf(map, leadsOfMap).sources.every((source) => isReadable(resolve(dirname(path), source))))
  )
}

/** Nowhere where there is no file. Each is read once. */
function leadsOf(path: string, read: (text: string, path: string) => Leads): Leads {
  try {
    const stats = statSync(path)
    if (!stats.isFile() || stats.size > longest) return nowhere
    const before = known.get(path)
    if (before?.changed === stats.ctimeMs) return before.leads
    const leads = read(readFileSync(path, 'utf8'), path)
    known.set(path, { changed: stats.ctimeMs, leads })
    return leads
  } catch {
    return nowhere
  }
}

function leadsOfCode(code: string, path: string): Leads {
  const found = [...code.matchAll(comments)].map(([, rest = '']) => {
    const [, base64, data] = inline.exec(rest) ?? []
    if (data !== undefined) return leadsOfMap(base64 ? Buffer.from(data, 'base64').toString() : decodeURIComponent(data))
    // Where the comment ends depends on its kind.
    const names = [rest.replace(/[\s*'"`].*/, ''), rest.replace(/\s*(\*.*)?$/, '')]
    return { maps: names.map((name) => resolve(dirname(path), name)), sources: [] }
  })
  const sources = found.flatMap((leads) => leads.sources).map((source) => resolve(dirname(path), source))
  return { maps: [...new Set(found.flatMap(({ maps }) => maps))], sources }
}

function leadsOfMap(text: string): Leads {
  const { sources } = JSON.parse(text) as { sources: string[] }
  return { maps: [], sources: sources.map((source) => String(source).replaceAll('\\', '/')) }
}
