// Joins the results of shards into those that one machine would have had.

import { configError } from '../../errors.ts'
import { oneLine, quoted } from '../../quoted.ts'
import { clustersOf } from '../clusters.ts'
import { type Attempt, type Results, resultsVersion } from '../results.ts'
import { verdictsOf } from '../verdicts.ts'

export interface Named {
  /** For errors: the path of the file. */
  name: string
  results: Results
}

export interface Merged {
  results: Results
  /** Numbers of shards that are not among them, from 1. */
  missing: number[]
}

/**
 * Attempts are united, and judged anew: a failure that each shard saw once may be a rate that is known well.
 * @throws NsboxError ERR_NSBOX_CONFIG for results of different plans, and for a shard or an attempt that is there twice
 */
export function mergeResults(shards: readonly Named[]): Merged {
  const [first] = shards
  if (!first) throw configError('there are no results to merge: nsbox merge results-1.json results-2.json')
  const count = requireShard(first).count
  const byIndex = new Map<number, Named>()
  for (const shard of shards) {
    const { index } = requireShard(shard)
    const other = byIndex.get(index)
    if (other)
      throw configError(`${quoted(shard.name)} and ${quoted(other.name)} are both of shard ${index} of ${count}: leave one of them out`)
    requireSamePlan(first, shard)
    byIndex.set(index, shard)
  }
  const missing = Array.from({ length: count }, (_, at) => at + 1).filter((index) => !byIndex.has(index))
  const attempts = united(shards)
  const all = [...byIndex].sort(([a], [b]) => a - b).map(([, { results }]) => results)
  return { results: { ...together(all, missing), attempts, tests: verdictsOf(attempts), clusters: clustersOf(attempts) }, missing }
}

function requireShard({ name, results }: Named): { index: number; count: number } {
  if (results.shard) return results.shard
  throw configError(`${quoted(name)} is no shard: it has the results of a whole campaign, which need no merging`)
}

/** What the numbers of attempts depend on. */
function requireSamePlan(first: Named, other: Named): void {
  const fields: [string, (results: Results) => unknown, string][] = [
    ['the number of shards', ({ shard }) => shard?.count, 'run all shards with the same N of --shard I/N'],
    ['seed', ({ seed }) => seed, 'run all shards with the same --seed'],
    ['nsbox', ({ nsbox }) => nsbox, 'run all shards with the same nsbox'],
    ['vitest', ({ vitest }) => vitest, 'run all shards with the same vitest'],
    ['command', ({ command }) => planWords(command).join(' '), 'run all shards with the same command but for --shard'],
  ]
  for (const [field, of, fix] of fields) {
    const [here, there] = [of(first.results), of(other.results)]
    if (here !== there)
      throw configError(
        `${quoted(first.name)} and ${quoted(other.name)} are of different plans: ${field} is ${oneLine(String(here))} and ${oneLine(String(there))}; ${fix}`,
      )
  }
}

const withValue = ['shard', 'output', 'jobs']
const without = ['resume', 'json']

/** Those that say what is run, and not where or by whom. */
function planWords(command: readonly string[]): string[] {
  const words: string[] = []
  for (let at = 0; at < command.length; at++) {
    const [, name, value] = /^--([\w-]+)(=.*)?$/s.exec(command[at] as string) ?? []
    if (name !== undefined && withValue.includes(name)) at += value === undefined ? 1 : 0
    else if (name === undefined || !without.includes(name)) words.push(command[at] as string)
  }
  return words
}

function united(shards: readonly Named[]): Attempt[] {
  const owners = new Map<number, string>()
  for (const { name, results } of shards) {
    for (const { number } of results.attempts) {
      const other = owners.get(number)
      if (other !== undefined)
        throw configError(
          other === name
            ? `${quoted(name)} has attempt ${number} twice: it was changed after nsbox wrote it`
            : `${quoted(other)} and ${quoted(name)} both have attempt ${number}: they are not shards of one campaign`,
        )
      owners.set(number, name)
    }
  }
  return shards.flatMap(({ results }) => results.attempts).sort((a, b) => a.number - b.number)
}

function together(all: readonly Results[], missing: readonly number[]): Omit<Results, 'attempts' | 'tests' | 'clusters'> {
  const [first] = all as [Results, ...Results[]]
  const { nsbox, vitest, seed, machine, shard } = first
  const early = [
    ...all.flatMap(({ endedEarly, shard }) => (endedEarly === null ? [] : [`shard ${shard?.index}: ${endedEarly}`])),
    ...missing.map((index) => `shard ${index} of ${shard?.count} is missing`),
  ]
  return {
    version: resultsVersion,
    nsbox,
    node: [...new Set(all.map(({ node }) => node))].join(', '),
    vitest,
    startedAt: earliest(all.map(({ startedAt }) => startedAt)),
    finishedAt: earliest(
      all.map(({ finishedAt }) => finishedAt),
      -1,
    ),
    machine,
    command: planWords(first.command),
    seed,
    shard: null,
    endedEarly: early.length === 0 ? null : early.join('; '),
  }
}

/** Or the latest, with -1. */
function earliest(times: readonly string[], sign = 1): string {
  return times.toSorted((a, b) => sign * (Date.parse(a) - Date.parse(b)))[0] as string
}
