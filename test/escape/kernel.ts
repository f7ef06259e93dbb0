// Attempts by raw system calls. Numbers are those of x86-64 (syscalls(2)).

import { userCounts } from '../../src/host/user-counts.ts'
import type { Attempt, Table } from './attempt.ts'

const MS_REMOUNT = 32
const MS_BIND = 4096
const CLONE_NEWNS = 0x20000
const CLONE_NEWUSER = 0x10000000
const SIGCHLD = 17

/** An attempt of one call; only what is written as constants here can travel inside. */
const call = (...args: (number | string | null)[]): Attempt => {
  const words = JSON.stringify(args)
  return Object.assign((() => undefined) as Attempt, { toString: () => `({ call }) => call(...${words})` })
}

/** What the kernel counts for each user, on the host as well: one sandbox has but a part of it. */
const counts = userCounts()
const [instances = 0, groups = 0] = ['max_inotify_instances', 'max_fanotify_groups'].map((name) => counts.files[name])

/** How many descriptors a call gives, at most. Written as constants: an attempt sees nothing around it. */
const leak = (number: number, first: number, most: number): Attempt =>
  Object.assign((() => undefined) as Attempt, {
    toString: () => `({ raw }) => {
      const open = []
      for (let fd; open.length <= ${most} && (fd = raw(${number}, ${first}, 0)) >= 0; ) open.push(fd)
      for (const fd of open) raw(3, fd)
      return open.length <= ${most} && (open.length > 0 || ${most === 0})
    }`,
  })

export const kernel: Table = {
  "inotify_init1: all of the caller's instances": [true, leak(294, 0, Math.floor(instances / 4))],
  "fanotify_init: all of the caller's groups": [true, leak(300, 0x200, Math.floor(groups / 4))],
  'setrlimit: the pending signals and bytes of queues that the caller has': [
    [counts.resources['sigpending'], counts.resources['msgqueue']].map((count) => count && Math.floor(count / 2)),
    ({ fs }) => {
      const limits = fs.readFileSync('/proc/self/limits', 'utf8')
      return ['pending signals', 'msgqueue size'].map((name) => Number(new RegExp(`${name} +\\S+ +(\\d+)`).exec(limits)?.[1]))
    },
  ],
  "user.max_inotify_instances: the caller's again": [
    'EACCES',
    ({ fs }) => fs.writeFileSync('/proc/sys/user/max_inotify_instances', '1000', { flag: 'r+' }),
  ],
  'mount: remount / writable': ['EPERM', call(165, 'none', '/', null, MS_REMOUNT, null)],
  'mount: remount a bind writable': ['EPERM', call(165, 'none', '/', null, MS_REMOUNT | MS_BIND, null)],
  'mount: a tmpfs over /etc': ['EPERM', call(165, 'tmpfs', '/etc', 'tmpfs', 0, null)],
  'mount: another proc': ['EPERM', call(165, 'proc', '/tmp', 'proc', 0, null)],
  'umount2: /tmp': ['EPERM', call(166, '/tmp', 0)],
  'umount2: /proc, lazily': ['EPERM', call(166, '/proc', 2)],
  pivot_root: ['EPERM', call(155, '/tmp', '/tmp')],
  chroot: ['EPERM', call(161, '/tmp')],
  open_tree: ['EPERM', call(428, -100, '/', 1)],
  open_tree_attr: ['EPERM', call(467, -100, '/', 1, null, 0)],
  move_mount: ['EPERM', call(429, -100, '/tmp', -100, '/run', 0)],
  fsopen: ['EPERM', call(430, 'tmpfs', 0)],
  fspick: ['EPERM', call(433, -100, '/', 0)],
  mount_setattr: ['EPERM', call(442, -100, '/', 0x8000, null, 32)],
  'unshare: a user namespace': ['EPERM', call(272, CLONE_NEWUSER)],
  'unshare: a mount namespace': ['EPERM', call(272, CLONE_NEWNS)],
  'clone: a user namespace': ['EPERM', call(56, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0)],
  'clone: a mount namespace': ['EPERM', call(56, CLONE_NEWNS | SIGCHLD, 0, 0, 0, 0)],
  'clone3: unknown, so that libc falls back': ['ENOSYS', call(435, null, 88)],
  setns: ['EPERM', ({ call: raw, fs }) => raw(308, fs.openSync('/proc/self/ns/mnt', 'r'), 0)],
  io_uring_setup: ['ENOSYS', call(425, 8, null)],
  'io_uring_enter on an inherited ring': ['ENOSYS', call(426, 5, 1, 0, 0, null, 0)],
  bpf: ['EPERM', call(321, 0, null, 0)],
  perf_event_open: ['EPERM', call(298, null, 0, -1, -1, 0)],
  keyctl: ['EPERM', call(250, 0, -3, 0)],
  add_key: ['EPERM', call(248, 'user', 'nsbox', 'x', 1, -3)],
  request_key: ['EPERM', call(249, 'user', 'nsbox', null, 0)],
  userfaultfd: ['EPERM', call(323, 0)],
  kexec_load: ['EPERM', call(246, 0, 0, null, 0)],
  kexec_file_load: ['EPERM', call(320, -1, -1, 0, null, 0)],
  init_module: ['EPERM', call(175, null, 0, '')],
  finit_module: ['EPERM', call(313, -1, '', 0)],
  delete_module: ['EPERM', call(176, 'nsbox', 0)],
  quotactl: ['EPERM', call(179, 0x800002, null, 0, null)],
  reboot: ['EPERM', call(169, 0xfee1dead, 672274793, 0x89abcdef, 0)],
  swapon: ['EPERM', call(167, '/tmp', 0)],
  swapoff: ['EPERM', call(168, '/tmp')],
  settimeofday: ['EPERM', call(164, null, null)],
  clock_settime: ['EPERM', call(227, 0, null)],
  adjtimex: ['EPERM', call(159, null)],
  syslog: ['EPERM', call(103, 10, null, 0)],
  acct: ['EPERM', call(163, null)],
  iopl: ['EPERM', call(172, 3)],
  ioperm: ['EPERM', call(173, 0x80, 1, 1)],
  vhangup: ['EPERM', call(153)],
  'ioctl: TIOCSTI': ['EPERM', call(16, 0, 0x5412, 'x')],
  'ioctl: TIOCSTI with high bits that the kernel ignores': ['EPERM', ({ call: raw }) => raw(16, 0, 0x1_0000_5412, 'x')],
  'ioctl: TIOCLINUX': ['EPERM', call(16, 0, 0x541c, 'x')],
  'x32: unshare by its other number': ['ENOSYS', call(0x40000000 + 272, CLONE_NEWUSER)],
  'x32: getpid': ['ENOSYS', call(0x40000000 + 39)],
  'mknod: a block device': ['EPERM', call(133, 'disk', 0o60600, 0xfe00)],
  'mknod: a character device': ['EPERM', call(133, 'memory', 0o20600, 0x0101)],
  'setrlimit: a higher hard limit': [
    'EPERM',
    ({ call: raw }) => {
      // RLIMIT_NOFILE is finite everywhere: fs.nr_open is above it.
      const limit = Buffer.alloc(16)
      raw(97, 7, limit)
      limit.writeBigUInt64LE(limit.readBigUInt64LE(8) + 1n, 8)
      return raw(160, 7, limit)
    },
  ],
  'setpriority: above all others': ['EACCES', call(141, 0, 0, -20)],
  'sched_setscheduler: real time': ['EPERM', ({ call: raw }) => raw(144, 0, 1, Buffer.from([50, 0, 0, 0]))],
  sethostname: ['EPERM', call(170, 'escape', 6)],
  'prctl: seccomp off': ['EINVAL', call(157, 22, 0, 0, 0, 0)],
  'prctl: new privileges again': ['EINVAL', call(157, 38, 0, 0, 0, 0)],
  'capset: everything': [
    'EPERM',
    ({ call: raw }) => {
      const header = Buffer.alloc(8)
      header.writeUInt32LE(0x20080522)
      return raw(126, header, Buffer.alloc(24, 0xff))
    },
  ],
  'prctl: an ambient capability': ['EPERM', call(157, 47, 2, 21, 0, 0)],
  'socket: change the routes': [
    'EPERM',
    ({ call: raw, raw: result }) => {
      const socket = result(41, 2, 2, 0)
      const request = Buffer.alloc(40)
      request.write('lo')
      return raw(16, socket, 0x8914, request)
    },
  ],
}
