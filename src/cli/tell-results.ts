// The end of a campaign, or of its shards that were joined: the report, and all files of its directory.

import { jsonText, quoted } from '../quoted.ts'
import { reportText } from '../stress/output/report.ts'
import { writeOutputs } from '../stress/output/write-all.ts'
import type { Results } from '../stress/results.ts'
import { write } from './print.ts'

export interface Telling {
  /** The command that tells. */
  where: string
  directory: string
  /** Directory that the names of test files begin at. */
  root: string
  /** results.json on standard output, in place of the report. */
  json: boolean
}

/** Answers whether everything of the directory is written. */
export function tellResults(results: Results, { where, directory, root, json }: Telling): boolean {
  const { stdout, env } = process
  const color = stdout.isTTY === true && !env['NO_COLOR']
  let isWhole = false
  try {
    write(json ? `${jsonText(results)}\n` : reportText(results, { color, columns: stdout.columns }))
  } finally {
    // Files are written even where the report cannot be printed.
    // GitHub reads its commands from standard error too; on standard output they would spoil the JSON.
    const print = (line: string) => write(line, json ? 'stderr' : 'stdout')
    const { files, problems, ...written } = writeOutputs(results, directory, { env, root, print })
    isWhole = written.isWhole
    for (const problem of problems) console.error(`${where}: ${problem}`)
    if (files.length > 0) console.error(`written to ${quoted(directory)}`)
  }
  return isWhole
}
