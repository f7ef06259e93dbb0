// System call numbers, pure data. From 424 up they are the same on every architecture.

export type Arch = 'x64' | 'arm64'

const common = {
  pidfd_send_signal: 424,
  io_uring_setup: 425,
  io_uring_enter: 426,
  io_uring_register: 427,
  open_tree: 428,
  move_mount: 429,
  fsopen: 430,
  fsconfig: 431,
  fsmount: 432,
  fspick: 433,
  pidfd_open: 434,
  clone3: 435,
  openat2: 437,
  mount_setattr: 442,
  quotactl_fd: 443,
  open_tree_attr: 467,
}

const x64 = {
  ioctl: 16,
  madvise: 28,
  socket: 41,
  clone: 56,
  syslog: 103,
  capset: 126,
  sched_setscheduler: 144,
  sched_getscheduler: 145,
  vhangup: 153,
  pivot_root: 155,
  adjtimex: 159,
  chroot: 161,
  acct: 163,
  settimeofday: 164,
  mount: 165,
  umount2: 166,
  swapon: 167,
  swapoff: 168,
  reboot: 169,
  iopl: 172,
  ioperm: 173,
  init_module: 175,
  delete_module: 176,
  quotactl: 179,
  clock_settime: 227,
  kexec_load: 246,
  add_key: 248,
  request_key: 249,
  keyctl: 250,
  mknodat: 259,
  unshare: 272,
  utimensat: 280,
  perf_event_open: 298,
  open_by_handle_at: 304,
  clock_adjtime: 305,
  setns: 308,
  finit_module: 313,
  seccomp: 317,
  kexec_file_load: 320,
  bpf: 321,
  userfaultfd: 323,
}

const arm64: Record<Exclude<keyof typeof x64, 'iopl' | 'ioperm'>, number> = {
  ioctl: 29,
  mknodat: 33,
  umount2: 39,
  mount: 40,
  pivot_root: 41,
  chroot: 51,
  vhangup: 58,
  quotactl: 60,
  utimensat: 88,
  acct: 89,
  capset: 91,
  unshare: 97,
  kexec_load: 104,
  init_module: 105,
  delete_module: 106,
  clock_settime: 112,
  syslog: 116,
  sched_setscheduler: 119,
  sched_getscheduler: 120,
  reboot: 142,
  settimeofday: 170,
  adjtimex: 171,
  socket: 198,
  add_key: 217,
  request_key: 218,
  keyctl: 219,
  clone: 220,
  swapon: 224,
  swapoff: 225,
  madvise: 233,
  perf_event_open: 241,
  open_by_handle_at: 265,
  clock_adjtime: 266,
  setns: 268,
  finit_module: 273,
  seccomp: 277,
  bpf: 280,
  userfaultfd: 282,
  kexec_file_load: 294,
}

export type SyscallName = keyof typeof common | keyof typeof x64

/** The number on this architecture, or undefined where the call does not exist. */
export function syscallNumberOn(arch: Arch, name: SyscallName): number | undefined {
  return tables[arch][name]
}

const tables: Record<Arch, Partial<Record<SyscallName, number>>> = { x64: { ...common, ...x64 }, arm64: { ...common, ...arm64 } }

/** Values of AUDIT_ARCH_* in linux/audit.h. */
export const auditArchitecture: Record<Arch, number> = { x64: 0xc000003e, arm64: 0xc00000b7 }

export function isSupportedArch(arch: string): arch is Arch {
  return arch === 'x64' || arch === 'arm64'
}
