// What this machine and this caller are, for the plan. Reads; changes nothing.

import { existsSync, readFileSync, realpathSync, statfsSync, statSync } from 'node:fs'
import { hostname } from 'node:os'
import { NsboxError } from '../errors.ts'
import type { HostFacts } from '../plan/host-facts.ts'
import { isWithin } from '../plan/paths.ts'
import type { IdRange } from '../plan/plan.ts'
import { isSupportedArch } from '../sys/syscall-numbers.ts'
import { overlayParts } from './overlay-parts.ts'
import { subordinateIds } from './subordinate-ids.ts'
import { userCounts } from './user-counts.ts'

/** Places where processes of one machine meet, by convention (file-hierarchy(7)). */
const sharedByConvention = ['/tmp', '/var/tmp', '/run']
/** Files that list the user's keys, or timers and tasks of all processes, whatever the namespace (proc(5)). */
const withoutNamespace = ['keys', 'key-users', 'timer_list', 'timer_stats', 'sched_debug', 'latency_stats'].map((name) => `/proc/${name}`)
const sharedByVariable = ['TMPDIR', 'TMP', 'TEMP', 'XDG_RUNTIME_DIR']

/** `overlays` are the directories that will be put under overlays, besides the home; `ranges`: whether subordinate ids matter. */
export function hostFacts(env: NodeJS.ProcessEnv, overlays: readonly string[], ranges = false): Omit<HostFacts, 'upper' | 'allowed'> {
  if (process.platform !== 'linux' || !isSupportedArch(process.arch)) {
    throw new NsboxError(`nsbox runs on Linux on x64 and arm64, not on ${process.platform} on ${process.arch}`, {
      code: 'ERR_NSBOX_PLATFORM',
      stage: 'host',
    })
  }
  const home = overlayDirectory(env['HOME'])
  const shared = sharedDirectories(env)
  return {
    arch: process.arch,
    uid: process.getuid?.() as number,
    gid: process.getgid?.() as number,
    hostName: hostname(),
    mappable: mappableIds(),
    subordinate: ranges ? subordinateIds() : { uid: [], gid: [] },
    home,
    rebuilt: rebuilt(home === null ? overlays : [...overlays, home], shared),
    sharedDirectories: Object.fromEntries(shared.map((path) => [path, statSync(path).mode & 0o7777])),
    keepVisible: [realpathSync(process.execPath), ...resolverConfiguration(), ...fileBehind('/etc/hosts')],
    resolverConfiguration: resolverConfiguration(),
    withoutNamespace: withoutNamespace.filter((path) => existsSync(path)),
    userCounts: userCounts(),
  }
}

function rebuilt(directories: readonly string[], shared: readonly string[]): HostFacts['rebuilt'] {
  return Object.fromEntries(Object.entries(overlayParts(directories, shared)).filter(([, { length }]) => length > 1))
}

const CAP_SETGID = 6n
const CAP_SETUID = 7n

/** All ids of this user namespace, when the caller is its root and may map them (user_namespaces(7)). */
function mappableIds(): HostFacts['mappable'] {
  const capabilities = BigInt(`0x${/^CapEff:\t(\w+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? 0}`)
  const hasAll = [CAP_SETGID, CAP_SETUID].every((number) => (capabilities >> number) & 1n)
  return process.getuid?.() === 0 && hasAll ? { uid: ownIds('uid'), gid: ownIds('gid') } : null
}

function ownIds(kind: 'uid' | 'gid'): IdRange[] {
  const rows = readFileSync(`/proc/self/${kind}_map`, 'utf8').trim().split('\n')
  return rows.map((row) => {
    const [inside = 0, , count = 0] = row.trim().split(/\s+/).map(Number)
    return { inside, outside: inside, count }
  })
}

/** Directories that are private inside. Real paths. */
export function sharedDirectories(env: NodeJS.ProcessEnv): string[] {
  const named = sharedByVariable.map((name) => env[name])
  return [...sharedByConvention, ...named].map(realDirectory).filter((path) => path !== null)
}

/** The directory behind a path, or null when there is none, or it is the root, which cannot be one of many. */
export function realDirectory(path: string | undefined): string | null {
  if (!path?.startsWith('/') || !existsSync(path) || !statSync(path).isDirectory()) return null
  const real = realpathSync(path)
  return real === '/' ? null : real
}

/** f_type of statfs(2): proc, sysfs, cgroup, cgroup2 and devpts. */
const madeByKernel: readonly number[] = [0x9fa0, 0x62656572, 0x27e0eb, 0x63677270, 0x1cd1]

/** The directory behind a path, or null when no overlay can lie on it: in place of such directories a sandbox has its own. */
export function overlayDirectory(path: string | undefined): string | null {
  const real = realDirectory(path)
  return real === null || isWithin(real, '/dev') || madeByKernel.includes(statfsSync(real).type) ? null : real
}

/** Often a link below /run (resolv.conf(5)); with the host's network it has to stay readable. */
function resolverConfiguration(): string[] {
  return fileBehind('/etc/resolv.conf')
}

function fileBehind(path: string): string[] {
  return existsSync(path) ? [realpathSync(path)] : []
}
