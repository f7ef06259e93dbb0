// Stack traces as a worker sends them. vitest's main process reads the files that they name, for their source maps and to print lines.

import { statSync } from 'node:fs'
import { resolve } from 'node:path'
import type { HostView } from './file-view.ts'

/** Of a stack, in characters: longer ones are cut in the middle, where a long message ends and frames begin. */
const longestStack = 100_000
/** Of a line that can be a frame: no path is longer, open(2). */
const longestFrame = 4096 + 512
/** From each line that is empty vitest looks for a frame in the rest: 100,000 of them take it half a minute. */
const tooEmpty = /(\s{1000})\s+/g

/** As V8 writes them, and as Firefox does. A method is what stands before the first place where a path can begin. */
const frames = [/^at +(?:(\S.*?) +)?\((.+):(\d+):(\d+)\)$/, /^at +(?:async )?()(.+):(\d+):(\d+)\)?$/, /^([^@]*)@(.+):(\d+):(\d+)$/]
/** As V8 writes a frame in code that eval has made. */
const evalFrame = /^at [^(]* \(eval at [^()]* \([^()]*\), <anonymous>:\d+:\d+\)$/
/** What versions of vitest read otherwise than it is written, each in its own way. */
const unplainLine = /\(eval | > eval|vitest=|\p{Cc}|[\u2028\u2029]/u
const unplainPath = /^(\(|async |https?:|file:|\/@fs\/)/

/** Without frames of files that the sandbox does not see, or that have no end. */
export function tidyStack(stack: string, view: HostView): string {
  const half = longestStack / 2
  const short = stack.length > longestStack ? `${stack.slice(0, half)}\n${stack.slice(-half)}` : stack
  const lines = short.replace(tooEmpty, '$1').split('\n')
  return lines.flatMap((line) => (canBeFrame(line) ? tidyFrame(line, view) : line)).join('\n')
}

export function isReadable(path: string, view: HostView): boolean {
  return !path.includes('\0') && !view.hides(resolve(path)) && !isEndless(path)
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
  if (line.length > longestFrame) return []
  const written = line.trim()
  const plain = withoutEval(written)
  const [, method, place = '', row, column] = frames.map((frame) => frame.exec(plain)).find((found) => found !== null) ?? []
  const path = pathOf(place)
  if (path === '' || unplainPath.test(path) || [plain, path].some((text) => unplainLine.test(text))) return []
  // What follows may be a query, for whoever asks Vite.
  if (![path, path.replace(/[?#].*/, '')].every((each) => isReadable(each, view))) return []
  const isPlain = (plain === written || evalFrame.test(written)) && (place === path || place === `file://${path}`)
  return [isPlain ? line : `    at ${method || '<anonymous>'} (${path}:${row}:${column})`]
}

/** The place in a file is that of the call of eval. */
function withoutEval(line: string): string {
  return line.includes('(eval ') ? line.replace(/\(eval at [^()]*|,.*$/g, '') : line
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
