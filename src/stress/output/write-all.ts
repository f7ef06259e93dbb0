// Everything that a campaign leaves in its directory. What cannot be written is told, and the rest still is.

import { appendFileSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { errnoOf } from '../../changes/failure.ts'
import { oneLine, quoted } from '../../quoted.ts'
import { inRealDirectory } from '../../sys/real-file.ts'
import type { Results } from '../results.ts'
import { failureLogs, logName } from './failure-logs.ts'
import { annotationsOf, summaryOf } from './github.ts'
import { junitOf } from './junit.ts'
import { pageOf } from './page.ts'
import { makeDirectory, writeWhole } from './whole-files.ts'

export interface OutputOptions {
  env: NodeJS.ProcessEnv
  /** Real path of vitest's root, which names of files are relative to. */
  root: string
  /** What a step of GitHub Actions prints. @default process.stdout.write */
  print?: (text: string) => void
}

export interface Written {
  /** Paths, the most useful first. */
  files: string[]
  /** What could not be written, with why: a sentence each. */
  problems: string[]
  /** All of them that belong into the directory were written. What GitHub does not take is not among them. */
  isWhole: boolean
}

/** `index.html`, `results.json`, `junit.xml`, a log for each failure; annotations and a summary in a job of GitHub. Throws for none of them. */
export function writeOutputs(
  results: Results,
  directory: string,
  { env, root, print = (text) => process.stdout.write(text) }: OutputOptions,
): Written {
  const written: Written = { files: [], problems: [], isWhole: true }
  attempt(written, directory, () => makeDirectory(directory))
  // Without it none of them can be there, and its reason is theirs.
  if (written.problems.length === 0) writeFiles(results, directory, root, written)
  written.isWhole = written.problems.length === 0
  // What one shard saw is told with what the others saw, once.
  if (env['GITHUB_ACTIONS'] === 'true' && results.shard === null) tellGithub(results, { env, root, print }, written)
  return written
}

function writeFiles(results: Results, directory: string, root: string, written: Written): void {
  // What no other file can be made from comes first: a disk that fills later has it.
  const files = { 'results.json': jsonOf, 'junit.xml': junitOf, 'index.html': pageOf }
  for (const [name, make] of Object.entries(files)) {
    const path = join(directory, name)
    attempt(written, path, () => writeWhole(path, make(results)), path)
  }
  const logs = join(directory, 'failures')
  attempt(written, logs, () => writeLogs(results, logs, root), logs)
}

function jsonOf(results: Results): string {
  return `${JSON.stringify(results)}\n`
}

/** Those of an earlier campaign would mislead. */
function writeLogs({ attempts }: Results, directory: string, root: string): void {
  const logs = failureLogs(attempts, { root, read: sourceReader(root) })
  makeDirectory(directory)
  const names = new Set(logs.map(({ name }) => name))
  inRealDirectory(directory, (place) => {
    for (const old of readdirSync(place)) if (logName.test(old) && !names.has(old)) rmSync(join(place, old))
  })
  for (const { name, text } of logs) writeWhole(join(directory, name), text, { sync: false })
}

/** The same few files are asked for again and again. */
function sourceReader(root: string): (path: string) => string | undefined {
  const known = new Map<string, string | undefined>()
  return (path) => {
    if (!known.has(path)) known.set(path, readOr(resolve(root, path)))
    return known.get(path)
  }
}

function readOr(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

function tellGithub(results: Results, { env, root, print }: Required<OutputOptions>, written: Written): void {
  for (const line of annotationsOf(results, root, env)) print(`${line}\n`)
  const summary = env['GITHUB_STEP_SUMMARY']
  if (!summary) return
  attempt(written, summary, () => {
    const words = summaryOf(results, sizeOf(summary))
    if (words === '') throw new Error('it has no room left: GitHub takes 1 MiB of a step')
    appendFileSync(summary, words)
  })
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0
}

function attempt(written: Written, what: string, write: () => void, path?: string): void {
  try {
    write()
    if (path !== undefined) written.files.push(path)
  } catch (error) {
    const errno = errnoOf(error)
    written.problems.push(
      `${quoted(what)} could not be written: ${errno === 'ENOSPC' ? 'the disk is full' : (errno ?? oneLine((error as Error).message))}`,
    )
  }
}
