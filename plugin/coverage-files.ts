// The coverage of a file, which a worker of vitest 5 writes to a directory of its sandbox, and vitest's main process reads.

import { randomUUID } from 'node:crypto'
import { realpathSync } from 'node:fs'
import { copyFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { quoted } from '../src/quoted.ts'
import type { SandboxFiles } from './sandbox-files.ts'

/** birpc's question, as far as it is read here. */
interface CoverageQuestion {
  m?: string
  a?: [meta?: { coverage?: unknown }]
}

export interface CoveragePlace {
  /** What the sandbox sees. */
  files: SandboxFiles | undefined
  /** Where vitest wants it. A real path, the same on the host and in the sandbox. */
  directory: string | undefined
}

/**
 * Copies the file that a message names to the host, and makes the message name the copy. Undefined for other messages.
 * Rejects where the sandbox has no such file in the directory. `place` is asked for such a message alone.
 */
export function fetchCoverage(message: unknown, place: () => CoveragePlace): Promise<void> | undefined {
  const { m: method, a: args } = message as CoverageQuestion
  const meta = method === 'onAfterSuiteRun' ? args?.[0] : undefined
  if (typeof meta?.coverage !== 'string') return undefined
  return copied(meta.coverage, place()).then((path) => {
    meta.coverage = path
  })
}

async function copied(path: string, { files, directory }: CoveragePlace): Promise<string> {
  const isThere = directory !== undefined && realpathSync(dirname(path)) === directory && /^coverage-[\w-]+\.json$/.test(basename(path))
  const held = isThere ? files?.hold(path) : undefined
  if (held?.realPath === undefined || dirname(held.realPath) !== directory) throw new Error(`There is no coverage in ${quoted(path)}`)
  try {
    const copy = join(directory as string, `coverage-${randomUUID()}.json`)
    await copyFile(held.path, copy)
    return copy
  } finally {
    held.close()
  }
}
