// A temporary directory on the host that is gone afterwards, even when this process is killed.

import { tmpName } from 'tmp-promise'
import { removeRealTree } from '../sys/real-file.ts'
import { Janitor } from './janitor.ts'
import { makeOwnDirectory } from './own-directory.ts'

export interface ThrowawayDirectory {
  readonly path: string
  remove(): void
}

/** The chmod is for the reason of `removeTree`. A sandbox that may write around the directory may have put a link in its place. */
const removal = 'test "$(readlink -f -- "$1")" = "$1" || exit; chmod -R u+rwx -- "$1" 2>/dev/null; rm -rf -- "$1"'

export async function throwawayDirectory(parent?: string): Promise<ThrowawayDirectory> {
  const path = await tmpName({ prefix: 'nsbox', ...(parent && { tmpdir: parent }) })
  const janitor = new Janitor(removal, [path])
  // Only now: what is killed between the two leaves nothing.
  makeFor(janitor, path)
  const remove = () => {
    try {
      removeRealTree(path)
    } finally {
      janitor.dismiss()
    }
  }
  return { path, remove }
}

/** A path that somebody else made meanwhile is not the janitor's to remove. */
function makeFor(janitor: Janitor, path: string): void {
  try {
    makeOwnDirectory(path)
  } catch (error) {
    janitor.cancel()
    throw error
  }
}
