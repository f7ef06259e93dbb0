// Checks the coverage a worker reports. vitest's providers merge and remap it without a look at its shape: a wrong one ends the
// run with a stack trace, and every path in it is a file that the providers read on the host.

import { existsSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { longestWay, type Mapped, wayBack } from './coverage-lines.ts'
import type { HostView } from './file-view.ts'
import { type Check, count, type Fields, listOf, maybe, record, recordOf, text } from './shapes.ts'

/** Characters of a module, and so its lines. Providers make a string as long as the largest offset says. */
const longestModule = 2 ** 25
const offset: Check = (value) => Number.isInteger(value) && (value as number) >= 0 && (value as number) <= longestModule

const v8Range = record({ startOffset: offset, endOffset: offset, count })
const v8Functions = listOf(record({ functionName: text, ranges: listOf(v8Range) }))
const v8Script = record({ url: text, functions: v8Functions, startOffset: maybe(offset) })
const v8Coverage = record({ result: listOf(v8Script) })

/** An `else` that isn't there has a place without numbers. */
const place = record({ line: maybe(offset), column: maybe(offset) })
const range = record({ start: place, end: place })
const sourceMap = record({ sources: listOf(maybe(text)), sourceRoot: maybe(text), mappings: text })
const istanbulFile = record({
  path: text,
  statementMap: recordOf(range),
  fnMap: recordOf(record({ name: text, decl: range, loc: range })),
  branchMap: recordOf(record({ type: text, loc: range, locations: listOf(range) })),
  s: recordOf(count),
  f: recordOf(count),
  b: recordOf(listOf(count)),
  inputSourceMap: maybe(sourceMap),
})

interface V8Script {
  url: string
  functions: { ranges: { startOffset: number; endOffset: number }[] }[]
}

interface IstanbulFile extends Mapped {
  path: string
  s: Fields
  f: Fields
  b: Record<string, unknown[]>
  inputSourceMap?: { sources: (string | null)[]; sourceRoot?: string; mappings: string } | null
}

export interface CoveredPlace {
  root: string
  /** How the provider remaps files, by their paths, where it keeps that itself. */
  maps: ReadonlyMap<string, { mappings: unknown }> | undefined
}

/** One provider's coverage. */
interface Provider {
  isCoverage: Check
  /** Removes the files the worker cannot see, and those that would take for ever. Returns true if it removed any. */
  removeHidden(coverage: Fields, isHidden: (path: string) => boolean, place: CoveredPlace): boolean
}

const providers: Readonly<Record<string, Provider>> = {
  v8: {
    isCoverage: (value) =>
      v8Coverage(value) && (value as { result: V8Script[] }).result.every(({ functions }) => functions.every(isNested)),
    removeHidden(coverage, isHidden, { root }) {
      const scripts = coverage['result'] as V8Script[]
      const seen = scripts.filter(({ url }) => placesOfUrl(url, root)?.some(isHidden) === false)
      coverage['result'] = seen
      return seen.length < scripts.length
    },
  },
  istanbul: {
    isCoverage: (value) => recordOf(istanbulFile)(value) && Object.values(value as Fields).every(hasItsCounts),
    removeHidden(coverage, isHidden, { maps }) {
      let way = 0
      const isTooFar = (file: IstanbulFile) => {
        // Every module has one. A forged one may be merged with what others say of the file.
        const known = [file.inputSourceMap, maps?.get(file.path)].filter((map) => map !== undefined && map !== null)
        for (const { mappings } of known.length > 0 ? known : [{ mappings: '' }]) way += wayBack(file, String(mappings))
        return way > longestWay
      }
      const hidden = Object.entries(coverage as Record<string, IstanbulFile>).filter(([, file]) => {
        const query = file.path.indexOf('?')
        const path = query < 0 ? file.path : file.path.slice(0, query)
        return resolve(path) !== path || [file.path, path, ...sourcesOf(file)].some(isHidden) || isTooFar(file)
      })
      for (const [key] of hidden) Reflect.deleteProperty(coverage, key)
      return hidden.length > 0
    },
  },
}

/** Returns false for coverage that `provider` doesn't write. A provider of the project's own has a shape that nsbox doesn't know. */
export function isCoverage(provider: string, coverage: unknown): boolean {
  return providers[provider]?.isCoverage(coverage) ?? true
}

/** Removes files that the provider is not to read from coverage in the right shape. Returns true if it removed any. */
export function removeHiddenFiles(provider: string, coverage: unknown, view: HostView, place: CoveredPlace): boolean {
  return providers[provider]?.removeHidden(coverage as Fields, (path) => isOutOfSight(path, view), place) ?? false
}

/** Ranges in ranges. The merge calls itself for each. */
const deepest = 1000

/** The first range holds all others, and two either follow each other or lie in each other: the merge takes that for granted. */
function isNested({ ranges }: V8Script['functions'][number]): boolean {
  const around: number[] = []
  let last = 0
  for (const { startOffset: start, endOffset: end } of ranges) {
    if (start < last || end < start) return false
    last = start
    while (around.length > 1 && start >= (around.at(-1) as number)) around.pop()
    if (around.length > 0 && end > (around.at(-1) as number)) return false
    if (around.push(end) > deepest) return false
  }
  return ranges.length > 0
}

/** A count for each place, and a place for each count. */
function hasItsCounts(value: unknown): boolean {
  const { statementMap, fnMap, branchMap, s, f, b } = value as IstanbulFile
  const pairs: [Fields, Fields][] = [
    [statementMap, s],
    [fnMap, f],
    [branchMap, b],
  ]
  if (!pairs.every(([places, counts]) => haveSameKeys(places, counts))) return false
  // The instrumenter leaves out branches without a place, and the merge looks at the first.
  return Object.entries(branchMap).every(([key, { locations }]) => locations.length > 0 && locations.length === b[key]?.length)
}

function haveSameKeys(a: Fields, b: Fields): boolean {
  const keys = Object.keys(a)
  return keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key))
}

/**
 * Every file a provider may read for a script: it decodes the address twice, and Vite cuts a query and a fragment off. Undefined
 * for an address that it cannot decode.
 */
function placesOfUrl(url: string, root: string): string[] | undefined {
  try {
    const decoded = decodeURIComponent(url)
    const names = [url, decoded].flatMap((address) => [fileURLToPath(address), address.replace(/^file:\/\//, '')])
    const paths = names.flatMap((path) => [path, path.replace(/\?.*$/s, ''), path.replace(/[?#].*$/s, '')])
    const places = [...new Set(paths)].flatMap((path) => [resolve(path), resolve(path.replace(/^\/@fs\//, '/')), resolve(root, `.${path}`)])
    return [...new Set(places)]
  } catch {
    return undefined
  }
}

function sourcesOf({ path, inputSourceMap }: IstanbulFile): string[] {
  if (!inputSourceMap) return []
  const { sources, sourceRoot = '' } = inputSourceMap
  const from = dirname(path)
  return sources.flatMap((source) => (source ? [resolve(from, source), resolve(from, `${sourceRoot}/${source}`)] : []))
}

/** True for a file the sandbox doesn't see, and for a name in a directory it doesn't see. Vite may add an extension to it. */
function isOutOfSight(path: string, view: HostView): boolean {
  if (!existsSync(path)) return isHiddenDirectory(dirname(path), view)
  return view.hides(path) || statSync(path, { throwIfNoEntry: false })?.isFile() !== true
}

function isHiddenDirectory(path: string, view: HostView): boolean {
  return existsSync(path) ? view.hides(path) : isHiddenDirectory(dirname(path), view)
}
