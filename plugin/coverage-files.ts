// The coverage of a test file. A worker of vitest 5 writes it to a file of its sandbox, which vitest's main process reads;
// vitest 4 sends it with the message.

import { randomUUID } from 'node:crypto'
import { realpathSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { type CoveredPlace, isCoverage, removeHiddenFiles } from './coverage-shape.ts'
import type { HostView } from './file-view.ts'
import { isTree } from './plain-data.ts'
import type { SandboxFiles } from './sandbox-files.ts'

/** birpc's question, as far as it is read here. */
interface CoverageQuestion {
  m?: string
  a?: [meta?: { coverage?: unknown; environment?: unknown }]
}

export interface CoveragePlace {
  /** What the sandbox sees. */
  files: SandboxFiles | undefined
  view: HostView
  /** Where vitest 5 wants it: a real path, the same on the host and in the sandbox. Undefined for vitest 4. */
  directory: string | undefined
  provider: string
  root: string
  /** Of the provider, for modules of one of Vite's environments. */
  mapsOf(environment: unknown): CoveredPlace['maps']
}

const missing = 'coverage that is not there'
const misshapen = 'coverage in a shape that its provider does not write'

/**
 * Copies the file that a message names to the host, and makes the message name the copy, without the files that the sandbox does
 * not see. Undefined for what has been done at once. Rejects for coverage that the provider does not write: the error's message
 * is what the worker has sent. `place` is asked for such a message alone.
 */
export function fetchCoverage(message: unknown, place: () => CoveragePlace): Promise<void> | undefined {
  const { m: method, a: args } = message as CoverageQuestion
  const meta = method === 'onAfterSuiteRun' ? args?.[0] : undefined
  if (!meta?.coverage) return undefined
  const asked = place()
  const covered = { root: asked.root, maps: asked.mapsOf(meta.environment) }
  if (asked.directory === undefined) return sent(meta.coverage, asked, covered)
  return copied(meta.coverage, asked, covered).then((path) => {
    meta.coverage = path
  })
}

function sent(coverage: unknown, { provider, view }: CoveragePlace, covered: CoveredPlace): Promise<void> | undefined {
  if (!isTree(coverage) || !isCoverage(provider, coverage)) return Promise.reject(new Error(misshapen))
  removeHiddenFiles(provider, coverage, view, covered)
  return undefined
}

async function copied(path: unknown, { files, directory, provider, view }: CoveragePlace, covered: CoveredPlace): Promise<string> {
  const text = await content(path, files, directory)
  const coverage = parsed(text)
  if (!isCoverage(provider, coverage)) throw new Error(misshapen)
  const copy = join(directory as string, `coverage-${randomUUID()}.json`)
  // What was looked at, not the file: the worker may have changed it since.
  await writeFile(copy, removeHiddenFiles(provider, coverage, view, covered) ? JSON.stringify(coverage) : text)
  return copy
}

async function content(path: unknown, files: SandboxFiles | undefined, directory: string | undefined): Promise<string> {
  const isThere = typeof path === 'string' && isIn(directory, path) && /^coverage-[\w-]+\.json$/.test(basename(path))
  const held = isThere ? files?.hold(path) : undefined
  try {
    if (held?.realPath === undefined || dirname(held.realPath) !== directory) throw new Error(missing)
    return await readFile(held.path, 'utf8')
  } finally {
    held?.close()
  }
}

function isIn(directory: string | undefined, path: string): boolean {
  try {
    return realpathSync(dirname(path)) === directory
  } catch {
    return false
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new Error(misshapen)
  }
}
