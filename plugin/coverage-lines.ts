// The way back to lines with a mapping, which is as long as a worker says. istanbul's remapping goes from the end of each range to the
// line before, and so on, until it finds one that its source map knows.

interface Place {
  line?: number | null
}

interface Range {
  end: Place
}

export interface Mapped {
  statementMap: Record<string, Range>
  fnMap: Record<string, { decl: Range; loc: Range }>
  branchMap: Record<string, { loc: Range; locations: Range[] }>
}

/** Lines, for all files that a test file has loaded: some seconds. Those of a real one are a few. */
export const longestWay = 1e7

/** A field of a mapping ends with one of `A-Za-f`. One that has no other field names a column and no source. */
const withoutSource = /(^|,)[g-z0-9+/]*[A-Za-f]?(,|$)/

/** How many lines the remapping of a file goes back over. Each of its lines has mappings, or few are without. */
export function wayBack({ statementMap, fnMap, branchMap }: Mapped, mappings: string): number {
  const lasts: number[] = []
  for (const [index, line] of mappings.split(';').entries()) lasts.push(withoutSource.test(line) ? (lasts[index - 1] ?? 0) : index + 1)
  const ranges = [
    ...Object.values(statementMap),
    ...Object.values(fnMap).flatMap(({ decl, loc }) => [decl, loc]),
    ...Object.values(branchMap).flatMap(({ loc, locations }) => [loc, ...locations]),
  ]
  return ranges.reduce((sum, { end: { line } }) => sum + (line ? line - (lasts[Math.min(line, lasts.length) - 1] ?? 0) : 0), 0)
}
