// Checks the version of vitest: the pool speaks vitest's own worker protocol.

import { NsboxError } from '../errors.ts'
import { quoted } from '../quoted.ts'
import { hintOf } from './remedies/remedy.ts'
import { installVitest } from './remedies/software.ts'
import { supported } from './supported.ts'
import { satisfies } from './version-range.ts'

/** @throws NsboxError ERR_NSBOX_VITEST for a version outside of nsbox's range */
export function requireKnownVitest(version: string): void {
  const { vitest: range } = supported()
  if (satisfies(version, range)) return
  throw new NsboxError(`This is vitest ${quoted(version)}, and nsbox runs with vitest ${range}`, {
    code: 'ERR_NSBOX_VITEST',
    stage: 'config',
    hint: hintOf(installVitest(version, range)),
  })
}
