// A temporary directory on the host that is gone afterwards, even when this process is killed.

import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { tmpName } from 'tmp-promise'
import { removeTree } from './remove-tree.ts'

export interface ThrowawayDirectory {
  readonly path: string
  remove(): void
}

/**
 * SIGKILL leaves a process no time to clean up, so another one waits: a shell that reads from a pipe
 * until its last writer, this process, is gone. The chmod is for the reason of `removeTree`.
 */
const janitor = 'while read -r _; do :; done; chmod -R u+rwx -- "$1" 2>/dev/null; rm -rf -- "$1"'

export async function throwawayDirectory(parent?: string): Promise<ThrowawayDirectory> {
  const path = await tmpName({ prefix: 'nsbox', ...(parent && { tmpdir: parent }) })
  const watcher = spawn('/bin/sh', ['-c', janitor, 'nsbox-janitor', path], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
    cwd: '/',
  })
  watcher.unref()
  // Only now: what is killed between the two leaves nothing.
  makeFor(watcher, path)
  const remove = () => {
    try {
      removeTree(path)
    } finally {
      watcher.stdin.destroy() // what could not be removed here, the janitor tries once more
    }
  }
  ;(watcher.stdin as unknown as { unref(): void }).unref()
  return { path, remove }
}

/** A path that somebody else made meanwhile is not the janitor's to remove. */
function makeFor(watcher: ChildProcess, path: string): void {
  try {
    mkdirSync(path, { mode: 0o700 })
  } catch (error) {
    watcher.kill('SIGKILL')
    throw error
  }
}
