// Where a worker may write on the host: snapshots and results of benchmarks, in the workspace. Not what the host runs.

import { existsSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { NsboxError } from '../src/errors.ts'
import { isWithin } from '../src/plan/paths.ts'
import { quoted } from '../src/quoted.ts'
import type { SnapshotUpdate } from './messages.ts'
import { realLocation } from './places.ts'

/** Directories that git and package managers run programs from. */
const directories = ['.git', '.hg', '.svn', '.husky', 'node_modules']
/** What editors, package managers and build tools read commands or code from when a project is opened or built. */
const files = [
  /^(package|tsconfig.*|jsconfig|deno|turbo|nx|lerna)\.jsonc?$/,
  /\.(config|setup|workspace)\.[cm]?[jt]sx?$/,
  /^(Makefile|makefile|GNUmakefile|justfile|Justfile|Taskfile.*|Rakefile|Gruntfile.*|gulpfile.*|Dockerfile.*|CMakeLists\.txt)$/,
  /(^|[-.])lock(\.\w+)?$|^package-lock\.json$|^bun\.lockb$/,
]

export interface Mirrored {
  workspaces: readonly string[]
  /** Other files that the host runs. Real paths. */
  executed: readonly string[]
  update: SnapshotUpdate
  /** Those of the worker, which may have snapshots in them. */
  testFiles: ReadonlySet<string>
}

/**
 * Does to a snapshot of the host what was done inside. Answers its real path.
 * @throws NsboxError ERR_NSBOX_MIRROR for a place that no test may write to, and for what vitest would not write in this run
 */
export function mirrorFile({ workspaces, executed, update, testFiles }: Mirrored, path: string, content: Uint8Array | null): string {
  const real = mirrorPlace(workspaces, path, executed)
  const mayChange = update === 'all' || real.endsWith('.snap') || testFiles.has(path) || !existsSync(real)
  if (update === 'none' || !mayChange) {
    throw refused(`A snapshot cannot be saved in a run that does not update it: ${quoted(path)}`, 'vitest -u updates snapshots.')
  }
  if (content === null) {
    rmSync(real, { force: true })
    return real
  }
  mkdirSync(dirname(real), { recursive: true })
  writeFileSync(real, content)
  return real
}

/** The real path of what is to be written. @throws NsboxError ERR_NSBOX_MIRROR for a place that no test may write to */
export function mirrorPlace(workspaces: readonly string[], path: string, executed: readonly string[]): string {
  const real = realLocation(resolve(path))
  const workspace = workspaces.find((directory) => isWithin(real, directory))
  if (workspace === undefined) {
    const hint = `Snapshots are kept below ${workspaces.map(quoted).join(', ')}; the option workspace names a larger directory.`
    throw refused(`A snapshot outside the workspace cannot be saved: ${quoted(path)}`, hint)
  }
  if (executed.includes(real) || isExecutable(real) || isRun(real.slice(workspace.length + 1).split('/'))) {
    const hint = 'Give it a name that ends with .snap, or put it into a directory called __snapshots__.'
    throw refused(`A snapshot cannot be saved where programs of the host look for what they run: ${quoted(path)}`, hint)
  }
  return real
}

/** By the names on the way from the workspace. */
function isRun(names: readonly string[]): boolean {
  if (names.some((name) => directories.includes(name))) return true
  const name = names.at(-1) as string
  if (name.endsWith('.snap') || names.slice(0, -1).some((directory) => /snap/i.test(directory))) return false
  return names.some((part) => part.startsWith('.')) || files.some((pattern) => pattern.test(name))
}

function isExecutable(path: string): boolean {
  const stats = statSync(path, { throwIfNoEntry: false })
  return stats?.isFile() === true && (stats.mode & 0o111) !== 0
}

function refused(message: string, hint: string): NsboxError {
  return new NsboxError(message, { code: 'ERR_NSBOX_MIRROR', stage: 'payload', hint })
}
