// Stack traces as a worker sends them. vitest's main process reads the files that they name, for their source maps and to print lines.

import { statSync } from 'node:fs'
import { resolve } from 'node:path'
import type { HostView } from './file-view.ts'
import { leadsToReadable } from './source-maps.ts'

/** Of a stack, in characters: longer ones are cut in the middle, where a long message ends and frames begin. */
const longestStack = 100_000
/** Of a line that can be a frame: no path is longer, open(2). */
const longestFrame = 4096 + 512
/** From each line that is empty vitest looks for a frame in the rest: 100,000 of them take it half a minute. */
const tooEmpty = /(\s{1000})\s+/g

/** As V8 writes them, and as Firefox does: what stands before a path, the path, the line and the column. */
const frames = [/^(at +(?:\S.*? +)?\()(.+):(\d+):(\d+)\)$/, /^(at +(?:async )?)(.+):(\d+):(\d+)\)?$/, /^([^@]*@)(.+):(\d+):(\d+)$/]
/** As V8 writes a frame in code that eval has made. */
const evalFrame = /^at [^(]* \(eval at [^()]* \([^()]*\), <anonymous>:\d+:\d+\)$/
/** Versions of vitest read these otherwise than they are written, each in its own way: a backslash is a slash, any white space a blank. */
const unplainLine = /\(eval | > eval|eval code|vitest=|\\|[^\S ]|\p{Cc}/u
const unplainPath = /^[( ]|^async |^(https?|file):|^\/@fs\//

/** Without frames of files that the sandbox does not see, or that have no end. */
export function tidyStack(stack: string, view: HostView): string {
  const half = longestStack / 2
  const rest = stack.length - longestStack
  const short = rest > 0 ? `${stack.slice(0, half)}\n(nsbox leaves out ${rest} characters)\n${stack.slice(-half)}` : stack
  const lines = short.replace(tooEmpty, '$1').split('\n')
  return lines.flatMap((line) => (canBeFrame(line) ? tidyFrame(line, view) : line)).join('\n')
}

export function isReadable(path: string, view: HostView): boolean {
  // vitest takes a backslash for a slash here and there.
  return [path, path.replaceAll('\\', '/')].every((each) => !each.includes('\0') && !view.hides(resolve(each)) && !isEndless(each))
}

/** vitest wants a line and a column, and looks for them elsewhere where code was made by eval. */
function canBeFrame(line: string): boolean {
  return /^\s*at |@/m.test(line) && /:\d+:\d+\)?\s*$|\(eval | > eval/.test(line)
}

/**
 * Nothing where its file is not to be read. What is not written plainly is written anew, so that it names the file that was looked at, or
 * left out, whichever way this version of vitest would have read it.
 */
function tidyFrame(line: string, view: HostView): string[] {
  const written = line.trim()
  if (written.length > longestFrame) return []
  const parts = partsOf(withoutEval(written))
  if (!parts) return []
  const { before, place, after } = parts
  const path = pathOf(place)
  const plain = before + (`file://${path}` === place ? place : path) + after
  if (!isPlain(plain, path) || !isShown(path, view)) return []
  return [plain === written || evalFrame.test(written) ? line : `    ${plain}`]
}

interface Parts {
  before: string
  place: string
  /** Line and column. */
  after: string
}

function partsOf(frame: string): Parts | undefined {
  const found = frames.map((form) => form.exec(frame)).find((match) => match !== null)
  if (!found) return undefined
  const [, before = '', place = '', row] = found
  // Source maps begin at line 1, and vitest 4 throws at 0.
  return Number(row) > 0 ? { before, place, after: frame.slice(before.length + place.length) } : undefined
}

/** True where everybody reads this path from this frame. */
function isPlain(frame: string, path: string): boolean {
  const place = partsOf(frame)?.place
  return !unplainLine.test(frame) && !unplainPath.test(path) && (place === path || place === `file://${path}`)
}

function isShown(path: string, view: HostView): boolean {
  // What follows may be a query, for whoever asks Vite.
  const files = [path, path.replace(/[?#].*/, '')]
  const isOne = (file: string) => isReadable(file, view)
  return files.every(isOne) && files.every((file) => leadsToReadable(file, isOne))
}

/** The place in a file is that of the call of eval. */
function withoutEval(line: string): string {
  return line.includes('(eval at ') ? line.replace(/\(eval at [^()]*|,.*$/g, '') : line
}

/** Empty where there is none. */
function pathOf(place: string): string {
  try {
    if (/^https?:/.test(place)) {
      const { pathname, search, hash } = new URL(place)
      return decodeURI(pathname).replace(/^\/@fs(?=\/)/, '') + hash + search
    }
    return place.startsWith('file://') ? decodeURIComponent(place.slice('file://'.length)) : place
  } catch {
    return ''
  }
}

function isEndless(path: string): boolean {
  try {
    const stats = statSync(path, { throwIfNoEntry: false })
    return stats !== undefined && !stats.isFile() && !stats.isDirectory()
  } catch {
    // Nobody else can read it either.
    return false
  }
}
