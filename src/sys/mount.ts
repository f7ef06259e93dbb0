// Mounts (mount(2), mount_setattr(2)). Each function is one use of the call.

import { addressOf, bind, checked } from './libc.ts'
import { Flags } from './sys-error.ts'
import { syscall } from './syscall.ts'

const mountFlags = {
  MS_RDONLY: 0x1,
  MS_NOSUID: 0x2,
  MS_NODEV: 0x4,
  MS_NOEXEC: 0x8,
  MS_BIND: 0x1000,
  MS_REC: 0x4000,
  MS_PRIVATE: 0x40000,
}
type MountFlag = keyof typeof mountFlags

const AT_FDCWD = -100
const AT_RECURSIVE = 0x8000
const AT_EMPTY_PATH = 0x1000

const mount_ = bind('mount', 'int', ['str', 'str', 'str', 'ulong', 'str'])

function mount(source: string | null, target: string, type: string | null, names: readonly MountFlag[], data: string | null): void {
  const flags = new Flags(mountFlags, names)
  checked(mount_(source, target, type, flags.value, data), 'mount', [source, target, type, flags, data])
}

/** Nothing mounted from here on is seen outside, and nothing outside is seen here. */
export function mountPrivate(target: string): void {
  mount(null, target, null, ['MS_REC', 'MS_PRIVATE'], null)
}

/** Sizes are in bytes; without them the kernel's default of half the memory holds. */
interface TmpfsOptions {
  /** What proc_pid_mountinfo(5) calls it. */
  source?: string
  mode: number
  size?: number | undefined
  inodes?: number | undefined
}

export function mountTmpfs(target: string, options: TmpfsOptions): void {
  const data = [`mode=${options.mode.toString(8)}`]
  if (options.size !== undefined) data.push(`size=${options.size}`)
  if (options.inodes !== undefined) data.push(`nr_inodes=${options.inodes}`)
  mount(options.source ?? 'tmpfs', target, 'tmpfs', ['MS_NOSUID', 'MS_NODEV'], data.join(','))
}

/**
 * The cgroups below the root of this process's cgroup namespace, read-only (cgroup_namespaces(7)). All
 * mounts of cgroup2 share what mount(2) could set, so it is the mount point that is made so.
 */
export function mountCgroup2(target: string): void {
  mount('cgroup2', target, 'cgroup2', ['MS_NOSUID', 'MS_NODEV', 'MS_NOEXEC'], null)
  mountSetAttributes(target, { set: ['MOUNT_ATTR_RDONLY'] })
}

/** Overlay with `userxattr`, the kind a user namespace may mount (Linux 5.11). The first lower directory is on top. */
export function mountOverlay(target: string, lowers: readonly string[], upper: string, work: string): void {
  const data = `lowerdir=${lowers.join(':')},upperdir=${upper},workdir=${work},userxattr`
  mount('overlay', target, 'overlay', ['MS_NOSUID', 'MS_NODEV'], data)
}

/** Directories seen as one, read-only. The first is on top. */
export function mountMerged(target: string, directories: readonly string[]): void {
  mount('overlay', target, 'overlay', ['MS_NOSUID', 'MS_NODEV'], `lowerdir=${directories.join(':')},userxattr`)
}

/**
 * Makes `root` the root of this mount namespace and leaves the old one mounted on top of it, out of
 * sight, until {@link detach}: the `pivot_root(".", ".")` of pivot_root(2).
 */
export function pivotRoot(root: string): void {
  process.chdir(root)
  const here = Buffer.from('.\0')
  syscall('pivot_root', [addressOf(here), addressOf(here)], ['.', '.'])
  process.chdir('/')
}

const MNT_DETACH = 2
const umount2_ = bind('umount2', 'int', ['str', 'int'])

/** Unmounts at once what is seen, and the rest when nobody uses it any more (umount2(2)). */
export function detach(target: string): void {
  checked(umount2_(target, MNT_DETACH), 'umount2', [target, 'MNT_DETACH'])
}

export function mountProc(target: string): void {
  mount('proc', target, 'proc', ['MS_NOSUID', 'MS_NODEV', 'MS_NOEXEC'], null)
}

/** Shows the interfaces of this process's network namespace (sysfs(5)). */
export function mountSysfs(target: string): void {
  mount('sysfs', target, 'sysfs', ['MS_RDONLY', 'MS_NOSUID', 'MS_NODEV', 'MS_NOEXEC'], null)
}

export function mountDevpts(target: string): void {
  mount('devpts', target, 'devpts', ['MS_NOSUID', 'MS_NOEXEC'], 'newinstance,ptmxmode=0666,mode=620')
}

export function mountBind(source: string, target: string): void {
  mount(source, target, null, ['MS_BIND', 'MS_REC'], null)
}

const OPEN_TREE_CLONE = 1
const O_CLOEXEC = 0o2000000
const MOVE_MOUNT_F_EMPTY_PATH = 4

/** A copy of what is seen at a place now, with all that is mounted below it, and mounted nowhere (open_tree(2)). */
export function cloneTree(source: string): number {
  const path = Buffer.from(`${source}\0`)
  const flags = OPEN_TREE_CLONE | AT_RECURSIVE | O_CLOEXEC
  return syscall('open_tree', [AT_FDCWD, addressOf(path), flags], ['AT_FDCWD', source, 'OPEN_TREE_CLONE|AT_RECURSIVE'])
}

/** Mounts such a copy (move_mount(2)). */
export function mountTree(tree: number, target: string): void {
  const [empty, path] = [Buffer.from('\0'), Buffer.from(`${target}\0`)]
  const shown = [tree, '', 'AT_FDCWD', target, 'MOVE_MOUNT_F_EMPTY_PATH']
  syscall('move_mount', [tree, addressOf(empty), AT_FDCWD, addressOf(path), MOVE_MOUNT_F_EMPTY_PATH], shown)
}

const attributes = { MOUNT_ATTR_RDONLY: 0x1, MOUNT_ATTR_NOSUID: 0x2, MOUNT_ATTR_NODEV: 0x4 }
type MountAttribute = keyof typeof attributes

interface MountAttributeChange {
  set?: readonly MountAttribute[]
  clear?: readonly MountAttribute[]
  recursive?: boolean
}

/** mount_setattr(2), Linux 5.12: changes the flags of a mount, or of every mount below it. */
export function mountSetAttributes(target: string, change: MountAttributeChange): void {
  setAttributes(AT_FDCWD, target, change)
}

/** The same for a copy that is mounted nowhere yet. */
export function treeSetAttributes(tree: number, change: MountAttributeChange): void {
  setAttributes(tree, '', change)
}

function setAttributes(directory: number, target: string, change: MountAttributeChange): void {
  const set = new Flags(attributes, change.set ?? [])
  const clear = new Flags(attributes, change.clear ?? [])
  const attr = Buffer.alloc(32)
  attr.writeBigUInt64LE(BigInt(set.value), 0)
  attr.writeBigUInt64LE(BigInt(clear.value), 8)
  const path = Buffer.from(`${target}\0`)
  const flags = (change.recursive ? AT_RECURSIVE : 0) | (target === '' ? AT_EMPTY_PATH : 0)
  syscall(
    'mount_setattr',
    [directory, addressOf(path), flags, addressOf(attr), attr.length],
    [directory === AT_FDCWD ? 'AT_FDCWD' : directory, target, change.recursive ? 'AT_RECURSIVE' : '0', `set ${set}, clear ${clear}`],
  )
}
