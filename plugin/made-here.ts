// Modules that a test has written: vitest's main process, which transforms modules, has another file
// at that path or none. node itself imports them, from inside; text, data and addresses become
// modules here. What only vite makes code of (styles, enums, other assets) is left to it.

import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

/** Of birpc's request, the part that is read here. */
interface FetchRequest {
  t?: string
  i?: string
  m?: string
  a?: [url: string]
}

/** File systems keep times by the kernel's coarse clock, which lags behind: time(7). In milliseconds. */
const clockLag = 5

/** What vite tries where an import names none, in its order. */
const extensions = ['', '.mjs', '.js', '.mts', '.ts', '.jsx', '.tsx', '.json']

/** A name without an extension is a program's, which node reads as a module. */
const forNode = /(\.[cm]?[jt]s|\/[^./]+)$/

/** The answer to a request for a module that was written since `born`, in milliseconds; else undefined. `root` is that of the project. */
export function answerMadeHere(message: unknown, born: number, root: string): object | undefined {
  const { t, i, m: method, a: args } = message as FetchRequest
  if (t !== 'q' || method !== 'fetch' || typeof args?.[0] !== 'string') return undefined
  const [bare = '', query] = args[0].split('?')
  const path = pathsOf(bare, root).find(isFile)
  // The change time cannot be set by programs: what came with the lower layer is older.
  if (path === undefined || statSync(path).ctimeMs < born - clockLag) return undefined
  const suffix = query === undefined ? '' : `?${query}`
  const code = codeOf(path, bare, query)
  if (code !== undefined) return { t: 's', i, r: { code, file: path, id: `${path}${suffix}`, url: args[0], invalidate: false } }
  if (!forNode.test(path)) return undefined
  return { t: 's', i, r: { externalize: `${pathToFileURL(path).href}${suffix}`, type: 'module' } }
}

/** What a module's id may stand for: vite names what is below the root as if that were /. */
function pathsOf(id: string, root: string): string[] {
  const path = id.startsWith('file://') ? fileURLToPath(id) : id.replace(/^\/@fs\//, '/')
  if (!path.startsWith('/')) return []
  return extensions.flatMap((extension) => [`${path}${extension}`, `${join(root, path)}${extension}`])
}

/** Of what vite makes a module of and node does not: its text, its address, its data. */
function codeOf(path: string, id: string, query: string | undefined): string | undefined {
  if (query === 'raw') return exporting({ default: readFileSync(path, 'utf8') })
  if (query === 'url') return exporting({ default: id })
  if (query !== undefined || !path.endsWith('.json')) return undefined
  const data = JSON.parse(readFileSync(path, 'utf8')) as unknown
  return exporting(typeof data === 'object' && !Array.isArray(data) ? { ...data, default: data } : { default: data })
}

/** In the form that vite's module runner evaluates. */
function exporting(values: object): string {
  return `Object.assign(__vite_ssr_exports__, ${JSON.stringify(values)})`
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true
}
