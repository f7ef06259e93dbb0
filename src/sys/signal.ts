// Signals: sending them, and dispositions.

import { Buffer, parseInt, process, RegExp } from '../untouched.ts'
import { addressOf, bind, bindChecked } from './libc.ts'
import { readSmall } from './small-file.ts'

/** False when there is no such process, or group (kill(2)). */
export function sendSignal(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false
    throw error
  }
}

/** Whether a process was sent it and has not taken it yet: one that is stopped, or blocks it, takes none. */
export function isPending(pid: number, signal: number): boolean {
  return hasSignal(pid, 'ShdPnd', signal)
}

export function isBlocked(pid: number, signal: number): boolean {
  return hasSignal(pid, 'SigBlk', signal)
}

function hasSignal(pid: number, mask: SignalMask, signal: number): boolean {
  return (signalMask(readSmall(`/proc/${pid}/status`), mask) & signalBit(signal)) !== 0
}

type SignalMask = 'SigPnd' | 'ShdPnd' | 'SigBlk' | 'SigIgn' | 'SigCgt'

/** The standard signals of a mask of proc_pid_status(5): a bit for each, from 1 on. */
export function signalMask(status: string, mask: SignalMask): number {
  const [, standard = '0'] = new RegExp(`^${mask}:\\s*[0-9a-f]{8}([0-9a-f]{8})$`, 'm').exec(status) ?? []
  return parseInt(standard, 16)
}

export function signalBit(signal: number): number {
  return 1 << (signal - 1)
}

const signal_ = bind('signal', 'uint64', ['int', 'uint64'])
const SIG_DFL = 0
const lastStandardSignal = 31

/** exec(2) keeps ignored signals ignored, and node ignores SIGPIPE: programs expect it to be deadly. */
export function resetSignals(): void {
  for (let number = 1; number <= lastStandardSignal; number++) signal_(number, SIG_DFL)
}

const SIG_IGN = 1

/** Ignored signals stay ignored in what this process starts, unless it resets them. */
export function ignoreSignals(numbers: readonly number[]): void {
  for (const number of numbers) signal_(number, SIG_IGN)
}

const sigprocmask_ = bindChecked('sigprocmask', 'int', ['int', 'uint64', 'uint64'])
const signalfd_ = bindChecked('signalfd', 'int', ['int', 'uint64', 'int'])
const SIG_BLOCK = 0
const SIG_SETMASK = 2
const SIGCHLD = 17
const SFD_CLOEXEC = 0o2000000
const SFD_NONBLOCK = 0o4000

/** Bytes of glibc's sigset_t; musl's is the same. */
const sigsetSize = 128

/** Blocks every signal that can be blocked. Returns the mask from before, for {@link restoreSignals}. */
export function blockSignals(): Buffer {
  const [all, before] = [Buffer.alloc(sigsetSize, 0xff), Buffer.alloc(sigsetSize)]
  sigprocmask_(SIG_SETMASK, addressOf(all), addressOf(before))
  return before
}

export function restoreSignals(mask: Buffer): void {
  sigprocmask_(SIG_SETMASK, addressOf(mask), 0)
}

/** node blocks SIGUSR1 with --disable-sigusr1, and what is blocked stays so over fork and exec. */
export function unblockSignals(): void {
  restoreSignals(Buffer.alloc(sigsetSize))
}

/** Readable when children end, stop or go on; from here on SIGCHLD comes no other way (signalfd(2)). */
export function childSignals(): number {
  const set = Buffer.alloc(sigsetSize)
  set.writeUInt32LE(1 << (SIGCHLD - 1), 0)
  sigprocmask_(SIG_BLOCK, addressOf(set), 0)
  return signalfd_(-1, addressOf(set), SFD_CLOEXEC | SFD_NONBLOCK)
}
