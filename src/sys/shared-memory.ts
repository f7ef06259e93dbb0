// Shared memory, as the kernel counts it. Both calls take microseconds, the files of /proc that tell the same ten times as long.

import { addressOf, bindChecked } from './libc.ts'

const sysinfo_ = bindChecked('sysinfo', 'int', ['uint64'])
const shmctl_ = bindChecked('shmctl', 'int', ['int', 'int', 'uint64'])

const SHM_INFO = 14
const pageSize = 4096

const buffer = Buffer.alloc(256)

/** Of the whole machine, in bytes: files of tmpfs and memfds too (sysinfo(2), sharedram). */
export function machineSharedMemory(): number {
  sysinfo_(addressOf(buffer))
  return Number(buffer.readBigUInt64LE(48)) * buffer.readUInt32LE(104)
}

/** What segments of System V have in memory, in bytes, in this process's IPC namespace (shmctl(2), SHM_INFO). */
export function segmentMemory(): number {
  shmctl_(0, SHM_INFO, addressOf(buffer))
  return Number(buffer.readBigUInt64LE(16)) * pageSize
}
