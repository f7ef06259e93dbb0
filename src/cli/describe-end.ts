// What is said of a run on stderr: nothing, when the command ended by itself.

import { existsSync } from 'node:fs'
import { isAbsolute } from 'node:path'
import { boundPath } from '../config/flag-values.ts'
import { flagOf, inFlags } from '../config/run-flags.ts'
import { describeError, errorFromData } from '../errors.ts'
import { describeCap, timeWords } from '../launch/describe-cap.ts'
import { missingWords } from '../launch/missing-words.ts'
import { unrelayedWords } from '../launch/unrelayed.ts'
import { shellWord } from '../quoted.ts'
import type { Report } from '../run/report.ts'
import { rlimitWords } from '../run/rlimit-end.ts'

export function describeEnd({
  cause,
  signal,
  error,
  command,
  durationMs,
  notEnforced,
  capHit,
  rlimitEnd,
  limits,
  unseen,
  usage,
  refused,
  unrelayed,
}: Report): string | undefined {
  const missing = notEnforced.map((one) =>
    missingWords({
      ...one,
      protection: /[A-Z]/.test(one.protection) ? flagOf([one.protection]) : one.protection,
      error: inFlags(one.error),
    }),
  )
  const hidden = unseen.map(
    (limit) => `programs inside were not told of the limit of ${limit}: they have no /sys/fs/cgroup to look it up in`,
  )
  const silent = refused.map((port) => `port ${port} of the host's localhost, which --forward leads to, did not answer`)
  const short = unrelayed.map(({ port, errno }) => unrelayedWords(port, errno))
  const end = endOf()
  return [...missing, ...hidden, ...silent, ...short, ...(end === undefined ? [] : [end])].join('\nnsbox: ') || undefined

  function endOf(): string | undefined {
    if (error)
      return describeError(
        errorFromData(inFlags(error)).withHint(
          error.hint === undefined && error.errno === 'ENOENT' ? hiddenHint(cause, command[0] as string) : undefined,
        ),
      )
    if (capHit)
      return `the command was ${describeCap(capHit)}${limits[capHit.limit]?.startsWith('cgroup') ? '' : `; the cap was ${limits[capHit.limit]}`}`
    if (rlimitEnd && signal !== null) return rlimitWords(signal, rlimitEnd)
    if (cause !== 'timeout') return undefined
    return `the command was still running after its timeout, and was ended${signal ? ` by ${signal}` : ''} after ${timeWords(durationMs, usage)}`
  }
}

function hiddenHint(cause: Report['cause'], file: string): string | undefined {
  if (cause !== 'not-started' || !isAbsolute(file) || !existsSync(file)) return undefined
  return `It is there on the host, and hidden inside: --ro-bind ${shellWord(boundPath(file))} shows it.`
}
