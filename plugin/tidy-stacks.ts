// Stack traces as a worker sends them. vitest's main process reads the files that they name, for their source maps and to print lines.

import { statSync } from 'node:fs'
import { resolve } from 'node:path'
import type { HostView } from './file-view.ts'

/** Of a stack, in characters: longer ones are cut in the middle, where a long message ends and frames begin. */
const longestStack = 100_000
/** Of a line that can be a frame: no path is longer, open(2). */
const longestFrame = 4096 + 512

/** Without frames of files that the sandbox does not see, or that have no end. */
export function tidyStack(stack: string, view: HostView): string {
  const half = longestStack / 2
  const short = stack.length > longestStack ? `${stack.slice(0, half)}\n${stack.slice(-half)}` : stack
  return short
    .split('\n')
    .filter((line) => !isFrame(line) || (line.length <= longestFrame && pathsIn(line).every((path) => isReadable(path, view))))
    .join('\n')
}

export function isReadable(path: string, view: HostView): boolean {
  const place = resolve(path)
  return !view.hides(place) && !isEndless(place)
}

function isEndless(path: string): boolean {
  const stats = statSync(path, { throwIfNoEntry: false })
  return stats !== undefined && !stats.isFile() && !stats.isDirectory()
}

/** vitest wants a line and a column. */
function isFrame(line: string): boolean {
  return /at |@/.test(line) && /:\d+:\d+|eval/.test(line)
}

/**
 * All that vitest could take for the path of a frame: what ends before a line and a column, and begins at any of the places where it lets
 * a path begin. Of a place in code that eval has made it takes parts away first.
 */
function pathsIn(line: string): string[] {
  const spellings = new Set(spellingsOf(line.trim()).map((one) => one.replaceAll('\\', '/')))
  const paths = new Set<string>()
  for (const spelling of spellings) {
    for (const end of spelling.matchAll(/:\d+/g)) {
      const before = spelling.slice(0, end.index)
      for (const begin of before.matchAll(/^|[\s(@]|https?:\/*[^/]*|\/@fs|file:\/\//g)) {
        const path = before.slice(begin.index + begin[0].length)
        for (const one of [path, withoutQuery(path)]) paths.add(one).add(decoded(one))
      }
    }
  }
  return [...paths].filter((path) => path !== '' && !path.includes('\0'))
}

/** As it is, as URL reads it, and as stacks of V8 and of Firefox are read where code was made by eval. */
function spellingsOf(line: string): string[] {
  return [
    line,
    line.replace(/[\t\r]/g, ''),
    line.replaceAll('eval code', 'eval').replace(/\(eval at [^()]*|,.*$/g, ''),
    line.replaceAll('(eval code', '('),
    line.replace(/ line (\d+)(?: > eval line \d+)* > eval:\d+:\d+/g, ':$1'),
  ]
}

function withoutQuery(path: string): string {
  return path.replace(/vitest=\d{13}/, '').replace(/[?&]$/, '')
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}
