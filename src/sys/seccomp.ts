// Installs seccomp filters (seccomp(2)). The filters themselves are data made elsewhere.

import { addressOf } from './libc.ts'
import { syscall } from './syscall.ts'

const SECCOMP_SET_MODE_FILTER = 1
const SECCOMP_FILTER_FLAG_TSYNC = 1

/** One instruction of classic BPF: struct sock_filter in linux/filter.h. */
export interface BpfInstruction {
  code: number
  jumpTrue: number
  jumpFalse: number
  k: number
}

/** Adds a filter to every thread of this process. Needs no_new_privs. It cannot be taken back. */
export function installFilter(program: readonly BpfInstruction[]): void {
  const instructions = Buffer.alloc(8 * program.length)
  for (const [index, { code, jumpTrue, jumpFalse, k }] of program.entries()) {
    instructions.writeUInt16LE(code, 8 * index)
    instructions.writeUInt8(jumpTrue, 8 * index + 2)
    instructions.writeUInt8(jumpFalse, 8 * index + 3)
    instructions.writeUInt32LE(k >>> 0, 8 * index + 4)
  }
  const header = Buffer.alloc(16)
  header.writeUInt16LE(program.length, 0)
  header.writeBigUInt64LE(addressOf(instructions), 8)
  syscall(
    'seccomp',
    [SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, addressOf(header)],
    ['SECCOMP_SET_MODE_FILTER', 'SECCOMP_FILTER_FLAG_TSYNC', `${program.length} instructions`],
  )
}
