// `nsbox merge`: the results of shards, joined into the report of one campaign.

import { realpathSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { readResults } from '../config/results.ts'
import { configError, describeError, NsboxError } from '../errors.ts'
import { oneLine } from '../quoted.ts'
import { FAILED } from '../run/exit-status.ts'
import { exitStatus, exitStatusOf } from '../stress/exit-status.ts'
import { mergeResults } from '../stress/output/merge.ts'
import { outputDirectory } from './output-directory.ts'
import { print } from './print.ts'
import { tellResults } from './tell-results.ts'

const where = 'nsbox merge'

/** What `--help` prints. */
export const mergeHelp: string = `Usage: nsbox merge RESULTS.json … [--output DIR] [--json]

Joins what nsbox stress --shard I/N has written on several machines: all attempts are judged together,
and the report, results.json, junit.xml and the page are those of one campaign. Shards need the same
--seed. Run it in the directory that vitest runs in, so that sources are found.

  --output DIR   where to write them (.nsbox)
  --json         print results.json instead of the report
  --help         this text

Exit code: as nsbox stress has it: 0 all passed, 1 something failed now and then or under a knob, 2 wrong
usage, results that do not belong together, or a shard that is missing where all else passed, 3 something
fails without any knob, 125 nsbox itself failed, or all passed and files
of the results could not be written.`

const options = { output: { type: 'string', default: '.nsbox' }, json: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } } as const

/** The exit code. */
export function runMerge(words: string[]): number {
  try {
    const { values, positionals } = flagsOf(words)
    if (values.help) {
      print(mergeHelp)
      return exitStatus.stable
    }
    return merge(positionals, outputDirectory(values.output), values.json === true)
  } catch (error) {
    if (!NsboxError.is(error) || error.stage !== 'config') throw error
    console.error(`${where}: ${describeError(error)}`)
    return exitStatus.usage
  }
}

function merge(paths: readonly string[], directory: string, json: boolean): number {
  const { results, missing } = mergeResults(paths.map((name) => ({ name, results: readResults(name) })))
  const isWritten = tellResults(results, { where, directory, root: realpathSync('.'), json })
  for (const index of missing) console.error(`${where}: shard ${index} is missing: its tests are judged by what the others ran`)
  const status = exitStatusOf(results)
  if (status !== exitStatus.stable) return status
  if (missing.length > 0) return exitStatus.usage
  return isWritten ? status : FAILED
}

function flagsOf(words: string[]) {
  try {
    return parseArgs({ args: words, options, allowPositionals: true })
  } catch (error) {
    throw configError(`${oneLine((error as Error).message.split('. ')[0] as string)}: nsbox merge RESULTS.json … [--output DIR] [--json]`)
  }
}
