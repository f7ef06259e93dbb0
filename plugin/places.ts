// Directories of the host that a run touches.

import { mkdirSync, realpathSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import type { Vitest } from 'vitest/node'
import { configError, NsboxError } from '../src/errors.ts'
import { realDirectory } from '../src/host/facts.ts'
import { isWithin } from '../src/plan/paths.ts'

/** @throws NsboxError ERR_NSBOX_CONFIG when it cannot be put under an overlay */
export function workspaceDirectory(path: string): string {
  const real = realDirectory(path)
  if (real !== null) return real
  throw configError(`nsbox(): workspace is "${path}"; it must be an existing directory other than /`)
}

/** Says so when the directory's group does not exist inside, where only root has more than its own. */
export function foreignGroup(directory: string): string | undefined {
  const { gid } = statSync(directory)
  if (process.getuid?.() === 0 || gid === process.getgid?.()) return undefined
  return `${directory} belongs to group ${gid}, which does not exist inside: its files cannot be changed there (EOVERFLOW). chgrp -R $(id -g) mends it.`
}

/** The tree that a package and its dependencies are installed in. Its real path. */
export function installDirectory(path: string): string {
  const real = realpathSync(path)
  const modules = real.indexOf('/node_modules/')
  return modules === -1 ? dirname(real) : real.slice(0, modules + '/node_modules'.length)
}

/** What workers write for vitest's main process to read: the coverage of each file. */
export function outlivingDirectories({ config }: Vitest): string[] {
  if (!config.coverage.enabled) return []
  const directory = resolve(config.root, config.coverage.reportsDirectory)
  mkdirSync(directory, { recursive: true })
  return [realpathSync(directory)]
}

/**
 * Does to the host's file what was done inside. Only below the workspace: a snapshot anywhere else
 * would be a hole in the seal. @throws NsboxError for a path outside
 */
export function mirrorFile(workspace: string, path: string, content: Uint8Array | null): void {
  if (!isWithin(realExisting(resolve(path)), workspace)) {
    throw new NsboxError(`A snapshot outside the workspace cannot be saved: ${path}`, {
      code: 'ERR_NSBOX_MIRROR',
      stage: 'payload',
      hint: `Snapshots are kept below ${workspace}; the option workspace names a larger directory.`,
    })
  }
  if (content === null) return rmSync(path, { force: true })
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, content)
}

/** The real path of the path itself, or of the nearest directory above it that exists. */
function realExisting(path: string): string {
  try {
    return realpathSync(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    return realExisting(dirname(path))
  }
}
