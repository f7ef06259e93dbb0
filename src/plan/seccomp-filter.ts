// The system call filter of a sandbox, as classic BPF (seccomp(2)): what tests and programs do not
// need and a kernel bug could hide behind. Everything else is allowed.

import type { BpfInstruction } from '../sys/seccomp.ts'
import { type Arch, auditArchitecture, type SyscallName, syscallNumberOn } from '../sys/syscall-numbers.ts'

/** Answered EPERM. Grouped by what they would reach. */
export const deniedSyscalls: Record<string, SyscallName[]> = {
  mounts: [
    'mount',
    'umount2',
    'pivot_root',
    'chroot',
    'open_tree',
    'open_tree_attr',
    'move_mount',
    'fsopen',
    'fsconfig',
    'fsmount',
    'fspick',
    'mount_setattr',
    'quotactl',
    'quotactl_fd',
    'swapon',
    'swapoff',
  ],
  namespaces: ['unshare', 'setns'],
  kernel: [
    'bpf',
    'perf_event_open',
    'add_key',
    'request_key',
    'keyctl',
    'userfaultfd',
    'kexec_load',
    'kexec_file_load',
    'init_module',
    'finit_module',
    'delete_module',
    'reboot',
    'acct',
    'syslog',
    'iopl',
    'ioperm',
    'vhangup',
  ],
  files: ['open_by_handle_at'],
  clocks: ['settimeofday', 'clock_settime', 'clock_adjtime', 'adjtimex'],
}

/** Answered ENOSYS, so that callers fall back: libc to clone(2), libuv to epoll(7). */
const absentSyscalls: SyscallName[] = ['clone3', 'io_uring_setup', 'io_uring_enter', 'io_uring_register']

/** Every CLONE_NEW* flag of clone(2). CLONE_NEWTIME cannot be given to clone(2). */
const newNamespaceFlags = 0x7e020000
/** ioctl(2) requests that type into, or paste to, a terminal: they would outlive the sandbox. */
const deniedIoctls = [0x5412 /* TIOCSTI */, 0x541c /* TIOCLINUX */]

/** No namespace holds these sockets: they reach the hypervisor and its other guests (vsock(7)). */
const AF_VSOCK = 40

const EPERM = 1
const ENOSYS = 38
const EAFNOSUPPORT = 97
/** Offsets in struct seccomp_data. */
const at = { nr: 0, arch: 4, arg0: 16, arg1: 24 }
const x32Bit = 0x40000000

export function seccompFilter(arch: Arch): BpfInstruction[] {
  const number = (name: SyscallName) => syscallNumberOn(arch, name)
  const present = (names: SyscallName[]) => names.map(number).filter((nr) => nr !== undefined)
  return [
    load(at.arch),
    skipIfEqual(auditArchitecture[arch], 1),
    answerErrno(ENOSYS),
    load(at.nr),
    skipUnlessAtLeast(x32Bit, 1),
    answerErrno(ENOSYS),
    ...present(Object.values(deniedSyscalls).flat()).flatMap((nr) => [skipUnlessEqual(nr, 1), answerErrno(EPERM)]),
    ...present(absentSyscalls).flatMap((nr) => [skipUnlessEqual(nr, 1), answerErrno(ENOSYS)]),
    skipUnlessEqual(number('clone') as number, 4),
    load(at.arg0),
    skipUnlessAnyBit(newNamespaceFlags, 1),
    answerErrno(EPERM),
    allow(),
    skipUnlessEqual(number('socket') as number, 4),
    load(at.arg0),
    skipUnlessEqual(AF_VSOCK, 1),
    answerErrno(EAFNOSUPPORT),
    allow(),
    skipUnlessEqual(number('ioctl') as number, 1 + 2 * deniedIoctls.length),
    load(at.arg1),
    ...deniedIoctls.flatMap((request) => [skipUnlessEqual(request, 1), answerErrno(EPERM)]),
    allow(),
  ]
}

const load = (k: number): BpfInstruction => ({ code: 0x20, jumpTrue: 0, jumpFalse: 0, k })
const skipIfEqual = (k: number, skip: number): BpfInstruction => ({ code: 0x15, jumpTrue: skip, jumpFalse: 0, k })
const skipUnlessEqual = (k: number, skip: number): BpfInstruction => ({ code: 0x15, jumpTrue: 0, jumpFalse: skip, k })
const skipUnlessAtLeast = (k: number, skip: number): BpfInstruction => ({ code: 0x35, jumpTrue: 0, jumpFalse: skip, k })
const skipUnlessAnyBit = (k: number, skip: number): BpfInstruction => ({ code: 0x45, jumpTrue: 0, jumpFalse: skip, k })
const answerErrno = (errno: number): BpfInstruction => ({ code: 0x06, jumpTrue: 0, jumpFalse: 0, k: 0x00050000 | errno })
const allow = (): BpfInstruction => ({ code: 0x06, jumpTrue: 0, jumpFalse: 0, k: 0x7fff0000 })
