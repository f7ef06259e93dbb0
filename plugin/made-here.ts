// Modules that a test has written: vitest's main process, which transforms modules, has another file
// at that path or none. node itself imports them, from inside.

import { statSync } from 'node:fs'
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

/** The answer to a request for a module that was written since `born`, in milliseconds; else undefined. */
export function answerMadeHere(message: unknown, born: number): object | undefined {
  const { t, i, m: method, a: args } = message as FetchRequest
  if (t !== 'q' || method !== 'fetch' || typeof args?.[0] !== 'string') return undefined
  const [bare = '', query] = args[0].split('?')
  const path = bare.startsWith('file://') ? fileURLToPath(bare) : bare.replace(/^\/@fs\//, '/')
  if (!path.startsWith('/') || !changedSince(path, born - clockLag)) return undefined
  const externalize = `${pathToFileURL(path).href}${query === undefined ? '' : `?${query}`}`
  return { t: 's', i, r: { externalize, type: 'module' } }
}

/** By the change time, which programs cannot set: what came with the lower layer is older. */
function changedSince(path: string, time: number): boolean {
  const found = statSync(path, { throwIfNoEntry: false })
  return found?.isFile() === true && found.ctimeMs >= time
}
