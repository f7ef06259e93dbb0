// Where git keeps what belongs to a directory: a package of a larger repository, a worktree, a .git that is a link or a file
// (gitrepository-layout(5)). Reads; changes nothing.

import { existsSync, readFileSync, realpathSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { isAroundAny, isWithin, outermost } from '../plan/paths.ts'
import { realDirectory } from './facts.ts'

/**
 * The directories that git writes to besides this one: the repository around it, and its metadata where that lies elsewhere. What a file
 * of the project names is one of them only if it really is a git directory, and the caller's: anything else could be private.
 * Real paths. `shared` are the directories that are private inside.
 */
export function repositoryAround(directory: string, shared: readonly string[]): string[] {
  const found = repositoryOf(directory)
  if (!found) return []
  const { root, metadata } = found
  // A repository of all that lies in / or /tmp is nobody's project.
  const isWhole = realDirectory(root) !== null && !shared.includes(root) && !isAroundAny(shared, root)
  return outermost([...(isWhole ? [root] : []), ...metadata]).filter((path) => !isWithin(path, directory))
}

/** As git looks for it: upwards, and not beyond the file system. */
function repositoryOf(directory: string): { root: string; metadata: string[] } | undefined {
  const { dev } = statSync(directory)
  for (let root = directory; ; root = dirname(root)) {
    if (statSync(root).dev !== dev || !isOwn(root)) return undefined
    const metadata = metadataAt(join(root, '.git'))
    if (metadata) return { root, metadata }
    if (root === '/') return undefined
  }
}

/** A worktree has a directory of its own, and one in common with the repository that it belongs to. */
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

/** git itself has nothing to do with a repository of somebody else's (git-config(1), safe.directory). */
function isOwn(path: string): boolean {
  const uid = process.getuid?.()
  return uid === 0 || statSync(path).uid === uid
}
