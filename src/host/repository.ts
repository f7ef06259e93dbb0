// Finds the git repository of a directory: also for a package below its root, a worktree, and a .git that is a link or a file
// (gitrepository-layout(5)). Reads; changes nothing.

import { existsSync, readFileSync, realpathSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { isAroundAny, isWithin, outermost } from '../plan/paths.ts'
import { realDirectory } from './facts.ts'

/**
 * Returns the directories besides this one that git writes to: the root of the repository, and its metadata where that lies elsewhere.
 * A path that a .git file names counts only if it is a git directory and belongs to the caller: a project must not uncover anything
 * private. Returns real paths. `shared` are the directories that are private inside.
 */
export function repositoryAround(directory: string, shared: readonly string[]): string[] {
  const found = repositoryOf(directory)
  if (!found) return []
  const { root, metadata } = found
  // A repository whose root is / or holds /tmp would put everything under one overlay, and uncover what is private.
  const isWhole = realDirectory(root) !== null && !shared.includes(root) && !isAroundAny(shared, root)
  return outermost([...(isWhole ? [root] : []), ...metadata]).filter((path) => !isWithin(path, directory))
}

/** Searches as git does: upwards, and not beyond the file system. */
function repositoryOf(directory: string): { root: string; metadata: string[] } | undefined {
  const { dev } = statSync(directory)
  for (let root = directory; ; root = dirname(root)) {
    if (statSync(root).dev !== dev || !isOwn(root)) return undefined
    const metadata = metadataAt(join(root, '.git'))
    if (metadata) return { root, metadata }
    if (root === '/') return undefined
  }
}

/** Returns the directories of metadata: a worktree has one of its own, and one that it shares with its repository. */
function metadataAt(path: string): string[] | undefined {
  try {
    const own = realpathSync(statSync(path).isFile() ? resolve(dirname(path), linkIn(path)) : path)
    const common = join(own, 'commondir')
    const all = existsSync(common) ? [own, realpathSync(resolve(own, readFileSync(common, 'utf8').trim()))] : [own]
    return isGitDirectory(all.at(-1) as string) && all.every((one) => existsSync(join(one, 'HEAD')) && isOwn(one)) ? all : undefined
  } catch {
    return undefined
  }
}

/** @throws Error for a file that leads nowhere */
function linkIn(path: string): string {
  const target = /^gitdir: (.+)/.exec(readFileSync(path, 'utf8'))?.[1]
  if (target === undefined) throw new Error(`${path} names no git directory`)
  return target
}

function isGitDirectory(path: string): boolean {
  return ['objects', 'refs'].every((name) => statSync(join(path, name), { throwIfNoEntry: false })?.isDirectory())
}

/** git refuses repositories that belong to another user (git-config(1), safe.directory). */
function isOwn(path: string): boolean {
  const uid = process.getuid?.()
  return uid === 0 || statSync(path).uid === uid
}
