// The names of attachments in vitest's attachmentsDir: the same in each run.

import { createHash } from 'node:crypto'
import { renameSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'

interface Named {
  path: string
}

interface Origin {
  /** Where vitest copies it from. */
  staged: string
  /** Its path in the sandbox. */
  path: string
  /** The test file. */
  file: string
}

/**
 * Makes vitest copy the attachment from where it is staged, and calls `copied` when it has. vitest names the copy by the sha1 of
 * the path that it copies from, which is another in each run, and sets `path` to the copy before anybody is told: it is renamed right then.
 */
export function nameAlways(attachment: Named, origin: Origin, copied: () => void): void {
  const define = (field: PropertyDescriptor) =>
    Object.defineProperty(attachment, 'path', { ...field, configurable: true, enumerable: true })
  define({
    get: () => origin.staged,
    set: (copy: string) => {
      define({ value: renamed(copy, origin), writable: true })
      copied()
    },
  })
}

/** Sandboxes of other test files may have other files at the same path. */
function renamed(copy: string, { staged, path, file }: Origin): string {
  const name = join(dirname(copy), basename(copy).replace(sha1(staged), sha1(`${file}\0${path}`)))
  try {
    renameSync(copy, name)
    return name
  } catch {
    return copy
  }
}

function sha1(text: string): string {
  return createHash('sha1').update(text).digest('hex')
}
