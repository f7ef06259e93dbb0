// Where a worker may write on the host: snapshots and results of benchmarks, in the workspace. Not what the host runs.

import { mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { NsboxError } from '../src/errors.ts'
import { isWithin } from '../src/plan/paths.ts'
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

/**
 * The real path of what is to be written. `executed`: other files that the host runs, by their real paths.
 * @throws NsboxError ERR_NSBOX_MIRROR for a place that no test may write to
 */
export function mirrorPlace(workspaces: readonly string[], path: string, executed: readonly string[] = []): string {
  const real = realLocation(resolve(path))
  const workspace = workspaces.find((directory) => isWithin(real, directory))
  if (workspace === undefined) {
    throw new NsboxError(`A snapshot outside the workspace cannot be saved: ${path}`, {
      code: 'ERR_NSBOX_MIRROR',
      stage: 'payload',
      hint: `Snapshots are kept below ${workspaces.join(', ')}; the option workspace names a larger directory.`,
    })
  }
  if (executed.includes(real) || isExecutable(real) || isRun(real.slice(workspace.length + 1).split('/'))) {
    throw new NsboxError(`A snapshot cannot be saved where programs of the host look for what they run: ${path}`, {
      code: 'ERR_NSBOX_MIRROR',
      stage: 'payload',
      hint: 'Give it a name that ends with .snap, or put it into a directory called __snapshots__.',
    })
  }
  return real
}

/** Does to the host's file what was done inside. Answers its real path. @throws NsboxError ERR_NSBOX_MIRROR, as {@link mirrorPlace} */
export function mirrorFile(
  workspaces: readonly string[],
  path: string,
  content: Uint8Array | null,
  executed: readonly string[] = [],
): string {
  const real = mirrorPlace(workspaces, path, executed)
  if (content === null) {
    rmSync(real, { force: true })
    return real
  }
  mkdirSync(dirname(real), { recursive: true })
  writeFileSync(real, content)
  return real
}

/** By the names on the way from the workspace. */
function isRun(names: string[]): boolean {
  if (names.some((name) => directories.includes(name))) return true
  const name = names.at(-1) as string
  if (name.endsWith('.snap') || names.slice(0, -1).some((directory) => /snap/i.test(directory))) return false
  return names.some((part) => part.startsWith('.')) || files.some((pattern) => pattern.test(name))
}

function isExecutable(path: string): boolean {
  const stats = statSync(path, { throwIfNoEntry: false })
  return stats?.isFile() === true && (stats.mode & 0o111) !== 0
}
