// System calls that libc has no function for, by number.

import { NsboxError } from '../errors.ts'
import { bind, checked } from './libc.ts'
import { isSupportedArch, type SyscallName, syscallNumberOn } from './syscall-numbers.ts'

export function syscallNumber(name: SyscallName): number {
  const number = isSupportedArch(process.arch) ? syscallNumberOn(process.arch, name) : undefined
  if (number !== undefined) return number
  throw new NsboxError(`nsbox knows the system calls of x64 and arm64, not ${name} of ${process.arch}`, {
    code: 'ERR_NSBOX_ARCH',
    stage: 'host',
  })
}

const rawSyscall = bind('syscall', 'long', ['long', 'uint64', 'uint64', 'uint64', 'uint64', 'uint64'])

/** @throws SysError, naming `shown` in place of the raw arguments */
export function syscall(name: SyscallName, args: readonly (number | bigint)[], shown: readonly unknown[] = args): number {
  const [a = 0, b = 0, c = 0, d = 0, e = 0] = args
  return checked(rawSyscall(syscallNumber(name), a, b, c, d, e), name, shown)
}
