// Processes: fork, wait, signals, exec.

import { addressOf, bind, bindChecked, checked } from './libc.ts'
import { Flags } from './sys-error.ts'
import { syscall } from './syscall.ts'

/** CLONE_NEW* of linux/sched.h. */
const cloneFlags = {
  CLONE_NEWNS: 0x00020000,
  CLONE_NEWCGROUP: 0x02000000,
  CLONE_NEWUTS: 0x04000000,
  CLONE_NEWIPC: 0x08000000,
  CLONE_NEWUSER: 0x10000000,
  CLONE_NEWPID: 0x20000000,
  CLONE_NEWNET: 0x40000000,
}
export type CloneFlag = keyof typeof cloneFlags

const SIGCHLD = 17
const CLONE_INTO_CGROUP = 0x2_0000_0000n

/**
 * clone(2) without a new stack: a fork whose child is the first process of new namespaces. It
 * goes around libc's fork, so pthread_atfork handlers do not run in the child; a fork of the
 * child runs them. Answers 0 in the child.
 */
export function cloneInto(names: readonly CloneFlag[]): number {
  const flags = new Flags(cloneFlags, names)
  return syscall('clone', [(flags.value | SIGCHLD) >>> 0, 0, 0, 0, 0], [`${flags}|SIGCHLD`, 'NULL'])
}

/**
 * The same, with the child born in the cgroup whose directory `cgroup` is open (clone(2), clone3): it
 * runs nothing outside of it, and costs no move, for which the kernel would stop all forks for a while.
 */
export function cloneIntoCgroup(names: readonly CloneFlag[], cgroup: number): number {
  const flags = new Flags(cloneFlags, names)
  const args = Buffer.alloc(88) // struct clone_args
  args.writeBigUInt64LE(BigInt(flags.value) | CLONE_INTO_CGROUP, 0)
  args.writeBigUInt64LE(BigInt(SIGCHLD), 32)
  args.writeBigUInt64LE(BigInt(cgroup), 80)
  return syscall('clone3', [addressOf(args), args.length], [`${flags}|CLONE_INTO_CGROUP`, `cgroup ${cgroup}`])
}

/** A view of cgroups whose root is the one that this process is in (cgroup_namespaces(7)). */
export function unshareCgroup(): void {
  syscall('unshare', [cloneFlags.CLONE_NEWCGROUP], ['CLONE_NEWCGROUP'])
}

export const fork: () => number = bindChecked('fork', 'int', [])
export const getpid: () => number = bind('getpid', 'int', [])
export const getppid: () => number = bind('getppid', 'int', [])
/** Ends the process at once: no exit handlers, no destructors (_exit(2)). */
export const exitNow: (code: number) => never = bind('_exit', 'void', ['int']) as never
export const setsid: () => number = bind('setsid', 'int', [])
const setpgid_ = bindChecked('setpgid', 'int', ['int', 'int'])
/** Makes the calling process the leader of a process group of its own, in its old session (setpgid(2)). */
export function leadProcessGroup(): void {
  setpgid_(0, 0)
}
const waitpid_ = bind('waitpid', 'int', ['int', 'uint64', 'int'])
const waitStatus = Buffer.alloc(128)
const WNOHANG = 1
const WUNTRACED = 2

interface Waited {
  pid: number
  /** As waitpid(2) gives it: exit code in bits 8-15, signal in bits 0-6, 0x7f there when it only stopped. */
  status: number
}

interface WaitOptions {
  block: boolean
  /** Tells of stopped children too. */
  stopped?: boolean
}

/** Waits for one child, or for any with pid -1. Answers undefined when there is none (left). */
export function waitpid(pid: number, { block, stopped = false }: WaitOptions): Waited | undefined {
  const changed = waitpid_(pid, addressOf(waitStatus), (block ? 0 : WNOHANG) | (stopped ? WUNTRACED : 0))
  return changed > 0 ? { pid: changed, status: waitStatus.readInt32LE(0) } : undefined
}

/** Takes all children that have ended. False when there is no other (waitpid(2), ECHILD). */
export function reapEnded(): boolean {
  for (;;) {
    const changed = waitpid_(-1, addressOf(waitStatus), WNOHANG)
    if (changed <= 0) return changed === 0
  }
}

/** The signal that stopped a child, or undefined when the status tells of its end. */
export function stopSignal(status: number): number | undefined {
  return (status & 0xff) === 0x7f ? (status >> 8) & 0xff : undefined
}

/** A descriptor that becomes readable when the process ends (pidfd_open(2)). */
export function pidfdOpen(pid: number): number {
  return syscall('pidfd_open', [pid, 0])
}

/** Signals the very process the descriptor was opened for; a process that is gone is no error. */
export function pidfdSendSignal(pidfd: number, signal: number): void {
  try {
    syscall('pidfd_send_signal', [pidfd, signal, 0, 0])
  } catch (error) {
    if ((error as { errno?: string }).errno !== 'ESRCH') throw error
  }
}

const prctl_ = bind('prctl', 'int', ['int', 'uint64', 'uint64', 'uint64', 'uint64'])
const prctlOptions = {
  PR_SET_PDEATHSIG: 1,
  PR_SET_DUMPABLE: 4,
  PR_CAPBSET_DROP: 24,
  PR_SET_CHILD_SUBREAPER: 36,
  PR_SET_NO_NEW_PRIVS: 38,
  PR_CAP_AMBIENT: 47,
}

export function prctl(option: keyof typeof prctlOptions, value: number): void {
  checked(prctl_(prctlOptions[option], value, 0, 0, 0), 'prctl', [option, value])
}

/** This process ends when the one that started it does, which may have happened already. */
export function dieWithParent(): void {
  const parent = getppid()
  prctl('PR_SET_PDEATHSIG', 9)
  if (getppid() !== parent) exitNow(1)
}

const execve_ = bind('execve', 'int', ['str', 'uint64', 'uint64'])

/** Replaces the process image. Returns only by throwing. */
export function execve(path: string, argv: readonly string[], env: readonly string[]): never {
  return preparedExecve(path, argv, env)()
}

/** The same in two steps: the second needs hardly any memory. */
export function preparedExecve(path: string, argv: readonly string[], env: readonly string[]): () => never {
  const [words, environment] = [cStringArray(argv), cStringArray(env)]
  return () => {
    checked(execve_(path, addressOf(words), addressOf(environment)), 'execve', [path, argv.join(' ')])
    throw new Error('execve returned')
  }
}

/** The strings that an array of pointers leads to live as long as it does. */
const pointedTo = new WeakMap<Buffer, Buffer[]>()

/** As execve(2) takes them. */
export function cStringArray(strings: readonly string[]): Buffer {
  const data = strings.map((text) => Buffer.from(`${text}\0`))
  const pointers = Buffer.alloc(8 * (data.length + 1))
  for (const [index, text] of data.entries()) pointers.writeBigUInt64LE(addressOf(text), 8 * index)
  pointedTo.set(pointers, data)
  return pointers
}
