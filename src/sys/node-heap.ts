// Lets a fork of node keep V8's heap.
//
// V8 marks what it reserves MADV_DONTFORK (madvise(2)): a forked child finds those pages missing and
// dies with SIGSEGV. Two things undo that, and both are needed: mappings that exist are marked
// MADV_DOFORK, and a seccomp filter answers each later MADV_DONTFORK with success and does nothing.
//
// A payload forks no sandboxes. Its own children exec at once and need no heap, and copying the page
// tables of one is most of what a spawn costs: so it marks the heap MADV_DONTFORK again.

import { readFileSync } from 'node:fs'
import type { HeapSpaceInfo } from 'node:v8'
import { bind } from './libc.ts'
import { prctl } from './process.ts'
import { type BpfInstruction, installFilter } from './seccomp.ts'
import { syscall, syscallNumber } from './syscall.ts'

const MADV_DONTFORK = 10
const MADV_DOFORK = 11

const pointer = 8

const madvise_ = bind('madvise', 'int', ['uint64', 'uint64', 'int'])

export function keepHeapOverFork(): void {
  prctl('PR_SET_NO_NEW_PRIVS', 1)
  installFilter(ignoreDontFork())
  markDoFork()
}

/** Every mapping: which of them are marked is told by smaps alone, and reading that takes milliseconds. */
function markDoFork(): void {
  for (const line of readFileSync('/proc/self/maps', 'latin1').split('\n')) {
    const range = /^([0-9a-f]+)-([0-9a-f]+) /.exec(line)
    if (!range) continue
    const start = BigInt(`0x${range[1]}`)
    // Of the kernel's own mappings it says EINVAL, and they need none.
    madvise_(start, BigInt(`0x${range[2]}`) - start, MADV_DOFORK)
  }
}

export interface AddressRange {
  start: bigint
  length: bigint
}

/** V8 reserves memory in multiples of this, at random places below those that mmap(2) chooses itself. */
const v8Page = 0x40000n
const lowest = 0x1_0000_0000n
const highest = 0x7000_0000_0000n

/** The mappings that are V8's heap, by their shape. */
export function heapRanges(): AddressRange[] {
  const ranges: AddressRange[] = []
  for (const line of readFileSync('/proc/self/maps', 'latin1').split('\n')) {
    const anonymous = /^([0-9a-f]+)-([0-9a-f]+) ....? 00000000 00:00 0 *$/.exec(line)
    if (!anonymous) continue
    const start = BigInt(`0x${anonymous[1]}`)
    const length = BigInt(`0x${anonymous[2]}`) - start
    const aligned = start % v8Page === 0n && length % v8Page === 0n
    if (aligned && start >= lowest && start < highest) ranges.push({ start, length })
  }
  return ranges
}

/** One piece of garbage, in bytes: a tenth of what V8 reserves at least for new objects. */
const piece = 1 << 16

/** Makes V8 collect here what it would else collect before so many bytes more are allocated. */
export function makeRoom(bytes: number): void {
  // What survives two collections is no longer among the new objects: once both halves of their space were filled, there is room if ever.
  let left = newSpace().space_size
  while (left > 0 && newSpace().space_available_size < bytes) {
    new Array(piece / pointer).fill(0)
    left -= piece
  }
}

function newSpace(): HeapSpaceInfo {
  const spaces = process.getBuiltinModule('node:v8').getHeapSpaceStatistics()
  return spaces.find(({ space_name: name }) => name === 'new_space') as HeapSpaceInfo
}

/** The filter compares 64 bits of the advice, the kernel reads 32: with another bit set it passes. */
const unfilteredDontFork = 0x1_0000_0000n | BigInt(MADV_DONTFORK)

/** In a payload: spares its children the heap, as in any other node. */
export function leaveHeapAtFork(ranges: readonly AddressRange[]): void {
  for (const { start, length } of ranges) syscall('madvise', [start, length, unfilteredDontFork])
}

/** Offsets are those of struct seccomp_data: nr at 0, the third argument at 32, its high half at 36. */
function ignoreDontFork(): BpfInstruction[] {
  const load = (k: number) => ({ code: 0x20, jumpTrue: 0, jumpFalse: 0, k })
  const unlessEqual = (k: number, skip: number) => ({ code: 0x15, jumpTrue: 0, jumpFalse: skip, k })
  const answer = (k: number) => ({ code: 0x06, jumpTrue: 0, jumpFalse: 0, k })
  const SECCOMP_RET_ERRNO_0 = 0x00050000
  const SECCOMP_RET_ALLOW = 0x7fff0000
  return [
    load(0),
    unlessEqual(syscallNumber('madvise'), 5),
    load(32),
    unlessEqual(MADV_DONTFORK, 3),
    load(36),
    unlessEqual(0, 1),
    answer(SECCOMP_RET_ERRNO_0),
    answer(SECCOMP_RET_ALLOW),
  ]
}
