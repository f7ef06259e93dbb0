// What benchmarks print: the command, the machine, tables.

import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { availableParallelism, cpus, release } from 'node:os'
import { dirname, relative } from 'node:path'

/** The command that was typed, and where it ran: figures mean nothing without. */
export function printHeader(notes: string[] = []): void {
  const { version } = createRequire(import.meta.url)('vitest/package.json') as { version: string }
  console.log(`$ node ${relative(process.cwd(), process.argv[1] ?? '')} ${process.argv.slice(2).join(' ')}`.trimEnd())
  console.log(
    `${availableParallelism()} cores (${cpus()[0]?.model.trim()}), Linux ${release()}, node ${process.version}, vitest ${version}`,
  )
  for (const note of [...notes, ...occupied()]) console.log(note)
}

/** A machine that others use gives ratios at best. */
function occupied(): string[] {
  const [load] = readFileSync('/proc/loadavg', 'utf8').split(' ')
  return Number(load) > 0.5 ? [`The machine was not idle: load average ${load} at the start.`] : []
}

export function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  const upper = sorted[middle] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2
}

/** A markdown table. */
export function printTable(heads: string[], rows: (string | number)[][]): void {
  const cells = [heads, ...rows.map((row) => row.map(String))]
  const widths = heads.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)))
  const line = (row: string[]) => `| ${widths.map((width, column) => (row[column] ?? '').padEnd(width)).join(' | ')} |`
  console.log(`\n${line(heads)}\n${line(widths.map((width) => '-'.repeat(width)))}`)
  for (const row of cells.slice(1)) console.log(line(row))
}

export const repository: string = dirname(dirname(import.meta.dirname))
