// A config may name a temporary directory that its global setup has made on the host. Where that was below /tmp, which is private
// inside, it is not there: an empty one takes its place.

import { mkdirSync } from 'node:fs'

export function makeTemporaryDirectory(env: NodeJS.ProcessEnv): void {
  for (const path of new Set([env['TMPDIR'], env['TMP'], env['TEMP']])) {
    try {
      if (path?.startsWith('/')) mkdirSync(path, { recursive: true })
    } catch {
      // Where it cannot be made, the test that needs it says so, as it does without a sandbox.
    }
  }
}
