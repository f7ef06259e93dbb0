// What this machine forbids, as far as it says so. Reads; changes nothing.

import { readFileSync } from 'node:fs'
import { mountPoints } from '../sys/mount-points.ts'
import { findPlace, type Place } from './place.ts'

export interface Restrictions {
  place: Place
  /** True with CAP_SYS_ADMIN, which is exempt from what holds for ordinary users. */
  privileged: boolean
  /** Whether the user and the group of this process exist in its user namespace (user_namespaces(7)). */
  isMapped: boolean
  /** True for uid 0 without CAP_SETFCAP. */
  mayNotMapRoot: boolean
  /** kernel.unprivileged_userns_clone of Debian's and Arch's kernels is 0. */
  usersMayNotClone: boolean
  /** Kinds of namespaces whose limit in this user namespace is 0 (namespaces(7)). */
  limitedToZero: string[]
  /** kernel.apparmor_restrict_unprivileged_userns of Ubuntu's kernels is 1. */
  apparmorRestricts: boolean
  /** The AppArmor profile of this process, such as `unconfined` or `docker-default (enforce)`. */
  apparmorProfile: string | undefined
  /** System call filters that were installed before this process could say anything. */
  seccompFilters: number
  noNewPrivileges: boolean
  /** Mounts that hide a part of /proc: where there is one, no other /proc may be mounted. */
  procCovers: string[]
}

const CAP_SYS_ADMIN = 21n
const CAP_SETFCAP = 31n
const kinds = ['user', 'mnt', 'pid', 'net', 'ipc', 'uts', 'cgroup', 'time']
/** Directories that the kernel keeps empty for a mount, which so hides nothing. */
const keptEmpty = ['/proc/sys/fs/binfmt_misc', '/proc/fs/nfsd']

export function readRestrictions(env: NodeJS.ProcessEnv = process.env): Restrictions {
  const status = readText('/proc/self/status') ?? ''
  const field = (name: string) => new RegExp(`^${name}:\\s+(\\w+)$`, 'm').exec(status)?.[1] ?? '0'
  const has = (capability: bigint) => ((BigInt(`0x${field('CapEff')}`) >> capability) & 1n) === 1n
  return {
    place: findPlace(env),
    privileged: has(CAP_SYS_ADMIN),
    isMapped: isMapped('uid', process.getuid?.()) && isMapped('gid', process.getgid?.()),
    mayNotMapRoot: process.getuid?.() === 0 && !has(CAP_SETFCAP),
    usersMayNotClone: readSysctl('kernel/unprivileged_userns_clone') === '0',
    limitedToZero: kinds.filter((kind) => readSysctl(`user/max_${kind}_namespaces`) === '0'),
    apparmorRestricts: readSysctl('kernel/apparmor_restrict_unprivileged_userns') === '1',
    apparmorProfile: apparmorProfile(),
    // Kernels before 5.9 tell only that there are some.
    seccompFilters: Number(/^Seccomp_filters:/m.test(status) ? field('Seccomp_filters') : field('Seccomp') === '2'),
    noNewPrivileges: field('NoNewPrivs') === '1',
    procCovers: mountPoints()
      .map(({ path }) => path)
      .filter((path) => path.startsWith('/proc/') && !keptEmpty.includes(path)),
  }
}

function isMapped(kind: 'uid' | 'gid', id = 0): boolean {
  const rows = (readText(`/proc/self/${kind}_map`) ?? '').split('\n').map((row) => row.trim().split(/\s+/).map(Number))
  return rows.some(([first = 0, , count = 0]) => id >= first && id < first + count)
}

/** Kernels before 5.8 have one file for all security modules: it may be another's. */
function apparmorProfile(): string | undefined {
  if (readText('/sys/module/apparmor/parameters/enabled') !== 'Y') return undefined
  return readText('/proc/self/attr/apparmor/current') ?? readText('/proc/self/attr/current')
}

export function readSysctl(name: string): string | undefined {
  return readText(`/proc/sys/${name}`)
}

/** Undefined for what is not there, not readable, or empty. */
function readText(path: string): string | undefined {
  try {
    // The kernel ends some of these files with a zero.
    return readFileSync(path, 'utf8').replace(/[\0\n]+$/, '') || undefined
  } catch {
    return undefined
  }
}
