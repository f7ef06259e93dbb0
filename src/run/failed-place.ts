// Where a run of vitest keeps what its test files have left, for `nsbox shell` and `nsbox diff`.

import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { NsboxError } from '../errors.ts'
import { makeRealDirectory } from '../sys/real-file.ts'
import { removeTree } from '../sys/remove-tree.ts'

/** The list of it. A directory without one is not complete. */
export const listFile = 'failed.json'

/** Removes what an earlier run has left. */
export function clearFailedPlace(workspace: string, env: NodeJS.ProcessEnv): void {
  for (const place of places(workspace, env).filter((path) => existsSync(path))) removeTree(place)
}

/** Directories that may be made, the first that can is used: in the workspace's node_modules, or else in the caller's cache. */
export function failedPlaces(workspace: string, env: NodeJS.ProcessEnv): string[] {
  const [beside, ...cache] = places(workspace, env)
  return existsSync(join(workspace, 'node_modules')) ? [beside as string, ...cache] : cache
}

/** A new directory, made through no link. `candidates` are real paths. @throws NsboxError ERR_NSBOX_KEEP */
export function makeFailedPlace(candidates: readonly string[]): string {
  const place = candidates.find(isMade)
  if (place !== undefined) return place
  throw new NsboxError(`No directory can be made for what files have left: ${candidates.join(', ') || 'there is no node_modules'}`, {
    code: 'ERR_NSBOX_KEEP',
    stage: 'changes',
    hint: 'Set XDG_CACHE_HOME to a directory that can be written to.',
  })
}

/** Of this directory, or the nearest around it that has one. */
export function findFailedPlace(directory: string, env: NodeJS.ProcessEnv): string | undefined {
  const found = places(directory, env).find((place) => existsSync(join(place, listFile)))
  const above = dirname(directory)
  return found ?? (above === directory ? undefined : findFailedPlace(above, env))
}

function places(workspace: string, { XDG_CACHE_HOME: xdg, HOME: home }: NodeJS.ProcessEnv): string[] {
  const cache = xdg || (home && join(home, '.cache'))
  const name = createHash('sha256').update(workspace).digest('hex').slice(0, 16)
  return [join(workspace, 'node_modules/.nsbox/failed'), ...(cache ? [join(cache, 'nsbox/failed', name)] : [])]
}

function isMade(directory: string): boolean {
  try {
    makeRealDirectory(directory, 0o700)
    return true
  } catch {
    return false
  }
}
