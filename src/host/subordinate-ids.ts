// The ids that /etc/subuid and /etc/subgid grant the caller (subuid(5)).

import { existsSync, readFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import type { SubordinateRange } from '../plan/host-facts.ts'

export function subordinateIds(): { uid: SubordinateRange[]; gid: SubordinateRange[] } {
  return { uid: granted('/etc/subuid'), gid: granted('/etc/subgid') }
}

function granted(path: string): SubordinateRange[] {
  return existsSync(path) ? grantedTo(callerNames(), readFileSync(path, 'utf8')) : []
}

/** A line is `name or uid:first:count`. In subgid too the first field is the user. */
export function grantedTo(names: readonly string[], text: string): SubordinateRange[] {
  const rows = text.split('\n').map((line) => line.split(':'))
  return rows
    .filter(([name = '', first, count]) => names.includes(name) && Number(first) > 0 && Number(count) > 0)
    .map(([, first, count]) => ({ outside: Number(first), count: Number(count) }))
}

function callerNames(): string[] {
  const uid = String(process.getuid?.())
  try {
    return [userInfo().username, uid]
  } catch {
    return [uid] // a uid without a passwd entry
  }
}
