// `nsbox doctor`: what this machine can do, and what would mend it.

import { parseArgs } from 'node:util'
import type { Diagnosis } from '../doctor/check.ts'
import { doctor } from '../doctor/doctor.ts'
import { fixScript } from '../doctor/fix-script.ts'
import { formatDiagnosis } from '../doctor/report.ts'
import { jsonText, oneLine } from '../quoted.ts'
import { print } from './print.ts'

const exitCodes: Record<Diagnosis['verdict'], number> = { ok: 0, degraded: 1, 'cannot-seal': 2 }
/** Not 2, as in other commands: here that is a verdict. */
const USAGE = 125

const usage = `Usage: nsbox doctor [--fix | --json]

  --fix    print a shell script of all remedies, to be read first; nothing is changed
  --json   print the diagnosis as JSON

Exit code: 0 all works, 1 some things do not, 2 no sandbox can be had, ${USAGE} wrong usage.
`

const options = { fix: { type: 'boolean' }, json: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } } as const

/** The exit code. */
export async function runDoctor(words: string[]): Promise<number> {
  const asked = parse(words)
  if (typeof asked === 'string') {
    console.error(`nsbox doctor: ${asked}\n\n${usage}`)
    return USAGE
  }
  if (asked.help) {
    print(usage)
    return 0
  }
  const diagnosis = await doctor()
  if (asked.json) print(jsonText(diagnosis, 2))
  else if (asked.fix) print(fixScript(diagnosis))
  else print(formatDiagnosis(diagnosis, process.stdout.isTTY === true && !process.env['NO_COLOR']))
  return exitCodes[diagnosis.verdict]
}

interface Asked {
  fix?: boolean
  json?: boolean
  help?: boolean
}

/** What was wrong with the words, as text. */
function parse(words: string[]): Asked | string {
  try {
    const { values } = parseArgs({ args: words, options, allowPositionals: false })
    return values.fix && values.json ? '--fix and --json exclude each other' : values
  } catch (error) {
    return oneLine((error as Error).message)
  }
}
