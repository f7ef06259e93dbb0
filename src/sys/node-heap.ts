// Lets a fork of node keep V8's heap.
//
// V8 marks what it reserves MADV_DONTFORK (madvise(2)): a forked child finds those pages missing and
// dies with SIGSEGV. Two things undo that, and both are needed: mappings that exist are marked
// MADV_DOFORK, and a seccomp filter answers each later MADV_DONTFORK with success and does nothing.

import { readFileSync } from 'node:fs'
import { bindChecked } from './libc.ts'
import { prctl } from './process.ts'
import { type BpfInstruction, installFilter } from './seccomp.ts'
import { syscallNumber } from './syscall.ts'

const MADV_DONTFORK = 10
const MADV_DOFORK = 11

const madvise_ = bindChecked('madvise', 'int', ['uint64', 'uint64', 'int'])

export function keepHeapOverFork(): void {
  prctl('PR_SET_NO_NEW_PRIVS', 1)
  installFilter(ignoreDontFork())
  markDoFork()
}

function markDoFork(): void {
  let start = 0n
  let end = 0n
  for (const line of readFileSync('/proc/self/smaps', 'latin1').split('\n')) {
    const range = /^([0-9a-f]+)-([0-9a-f]+) /.exec(line)
    if (range) {
      start = BigInt(`0x${range[1]}`)
      end = BigInt(`0x${range[2]}`)
    } else if (line.startsWith('VmFlags:') && line.includes(' dc')) {
      madvise_(start, end - start, MADV_DOFORK)
    }
  }
}

/** Offsets are those of struct seccomp_data: nr at 0, the low half of the third argument at 32. */
function ignoreDontFork(): BpfInstruction[] {
  const load = (k: number) => ({ code: 0x20, jumpTrue: 0, jumpFalse: 0, k })
  const unlessEqual = (k: number, skip: number) => ({ code: 0x15, jumpTrue: 0, jumpFalse: skip, k })
  const answer = (k: number) => ({ code: 0x06, jumpTrue: 0, jumpFalse: 0, k })
  const SECCOMP_RET_ERRNO_0 = 0x00050000
  const SECCOMP_RET_ALLOW = 0x7fff0000
  return [
    load(0),
    unlessEqual(syscallNumber('madvise'), 3),
    load(32),
    unlessEqual(MADV_DONTFORK, 1),
    answer(SECCOMP_RET_ERRNO_0),
    answer(SECCOMP_RET_ALLOW),
  ]
}
