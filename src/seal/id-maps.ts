// Writes uid_map and gid_map of a user namespace (user_namespaces(7)).

import { writeFileSync } from 'node:fs'
import { NsboxError } from '../errors.ts'
import type { IdMaps, IdRange } from '../plan/plan.ts'

/** For `self` by the namespace's first process, for a pid by its parent. @throws NsboxError ERR_NSBOX_SEAL */
export function writeIdMaps(process: 'self' | number, { uid, gid, writtenBy }: IdMaps): void {
  try {
    // Without privilege outside, gid_map may be written only once setgroups is denied.
    if (writtenBy === 'init') writeFileSync(`/proc/${process}/setgroups`, 'deny')
    writeFileSync(`/proc/${process}/uid_map`, lines(uid))
    writeFileSync(`/proc/${process}/gid_map`, lines(gid))
  } catch (error) {
    const { message, code: errno, syscall } = error as NodeJS.ErrnoException
    throw new NsboxError(`map-ids: ${message}`, { code: 'ERR_NSBOX_SEAL', stage: 'seal', errno, syscall, cause: error })
  }
}

function lines(ranges: IdRange[]): string {
  return ranges.map(({ inside, outside, count }) => `${inside} ${outside} ${count}\n`).join('')
}
