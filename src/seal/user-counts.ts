// Limits resources that the kernel counts per user: in this user namespace, and by resource limits.

import { closeSync, openSync, readSync, writeSync } from 'node:fs'
import { NsboxError } from '../errors.ts'
import type { UserCounts } from '../plan/user-counts.ts'
import { resourceLimit, setResourceLimit } from '../sys/limits.ts'
import type { Resource } from '../sys/resources.ts'

export function limitUserCounts({ files, resources }: UserCounts): void {
  for (const [name, most] of Object.entries(files)) limitUser(`/proc/sys/user/${name}`, most)
  for (const [name, most] of Object.entries(resources)) lower(name as Resource, most)
}

const held = Buffer.alloc(32)

/** Applies to each user of this user namespace and of nested ones; the smallest limit on the way up holds (namespaces(7)). */
function limitUser(file: string, most: number): void {
  const fd = openSync(file, 'r+')
  try {
    writeSync(fd, String(most), 0)
    const length = readSync(fd, held, 0, held.length, 0)
    const now = held.toString('latin1', 0, length).trim()
    if (now === String(most)) return
    throw new NsboxError(`${file} was set to ${most}, and the kernel holds ${now}`, { code: 'ERR_NSBOX_NOT_IN_FORCE', stage: 'seal' })
  } finally {
    closeSync(fd)
  }
}

function lower(resource: Resource, hard: number): void {
  const [soft] = resourceLimit(resource)
  setResourceLimit(resource, soft < BigInt(hard) ? Number(soft) : hard, hard)
}
