// What this machine and this caller are, for the plan. Reads; changes nothing.

import { existsSync, readFileSync, realpathSync, statfsSync, statSync } from 'node:fs'
import { hostname } from 'node:os'
import { resolve } from 'node:path'
import { configError, NsboxError } from '../errors.ts'
import type { HostFacts, OverlayPart } from '../plan/host-facts.ts'
import { isWithin } from '../plan/paths.ts'
import type { IdRange } from '../plan/plan.ts'
import { inQuotes } from '../quoted.ts'
import { isSupportedArch } from '../sys/syscall-numbers.ts'
import { overlayParts } from './overlay-parts.ts'
import { subordinateIds } from './subordinate-ids.ts'
import { userCounts } from './user-counts.ts'

/** Places where processes of one machine meet, by convention (file-hierarchy(7)). */
const sharedByConvention = ['/tmp', '/var/tmp', '/run']
/** Files that list the user's keys, or timers and tasks of all processes, whatever the namespace (proc(5)). */
const withoutNamespace = ['keys', 'key-users', 'timer_list', 'timer_stats', 'sched_debug', 'latency_stats'].map((name) => `/proc/${name}`)
const sharedByVariable = ['TMPDIR', 'TMP', 'TEMP', 'XDG_RUNTIME_DIR']

interface FactsOptions {
  /** Where the program starts. @default this process's own */
  cwd?: string
  /** Whether subordinate ids matter. */
  ranges?: boolean
}

/** `overlays` are the directories that will be put under overlays, besides the home. */
export function hostFacts(
  env: NodeJS.ProcessEnv,
  overlays: readonly string[],
  { cwd, ranges = false }: FactsOptions = {},
): Omit<HostFacts, 'upper' | 'allowed'> {
  if (process.platform !== 'linux' || !isSupportedArch(process.arch)) {
    throw new NsboxError(`nsbox runs on Linux on x64 and arm64, not on ${process.platform} on ${process.arch}`, {
      code: 'ERR_NSBOX_PLATFORM',
      stage: 'host',
    })
  }
  const shared = sharedDirectories(env, cwd)
  const home = homeOf(env, shared)
  return {
    arch: process.arch,
    uid: process.getuid?.() as number,
    gid: process.getgid?.() as number,
    hostName: hostname(),
    mappable: mappableIds(),
    subordinate: ranges ? subordinateIds() : { uid: [], gid: [] },
    home,
    rebuilt: rebuilt(overlays, home, shared),
    sharedDirectories: Object.fromEntries(shared.map((path) => [path, statSync(path).mode & 0o7777])),
    keepVisible: [realpathSync(process.execPath), ...resolverConfiguration(), ...fileBehind('/etc/hosts')],
    resolverConfiguration: resolverConfiguration(),
    withoutNamespace: withoutNamespace.filter((path) => existsSync(path)),
    userCounts: userCounts(),
  }
}

/** A home that is /tmp or the like is private as that is. */
function homeOf(env: NodeJS.ProcessEnv, shared: readonly string[]): string | null {
  const home = overlayDirectory(env['HOME'])
  return home === null || shared.includes(home) ? null : home
}

/** Empty where none of the directories holds a mount. */
export function rebuilt(overlays: readonly string[], home: string | null, shared: readonly string[]): HostFacts['rebuilt'] {
  const directories = home === null ? overlays : [...overlays, home]
  const isRebuilt = (part: OverlayPart) => part.kind !== 'overlay' || part.without !== undefined
  return Object.fromEntries(Object.entries(overlayParts(directories, shared)).filter(([, parts]) => parts.some(isRebuilt)))
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

/** Directories that are private inside. Real paths. Programs take relative ones from where they start, as mktemp(1) does. */
export function sharedDirectories(env: NodeJS.ProcessEnv, cwd?: string): string[] {
  const named = namedDirectories(env, cwd).map(({ path }) => path)
  return [...sharedByConvention.map(realDirectory).filter((path) => path !== null), ...named]
}

function namedDirectories(env: NodeJS.ProcessEnv, cwd: string = process.cwd()): { name: string; value: string; path: string }[] {
  return sharedByVariable.flatMap((name) => {
    const value = env[name]
    const path = value ? privateDirectory(resolve(cwd, value)) : null
    return value && path !== null ? [{ name, value, path }] : []
  })
}

/** What starts programs. */
const starters = ['/bin/sh', '/lib64/ld-linux-x86-64.so.2', '/lib/ld-linux-aarch64.so.1']

/** `isHidden` is true for files that nobody would find inside. @throws NsboxError ERR_NSBOX_CONFIG for a variable that would hide what starts programs */
export function refuseHidingPrograms(env: NodeJS.ProcessEnv, cwd: string, isHidden: (path: string) => boolean): void {
  for (const { name, value, path } of namedDirectories(env, cwd)) {
    const hidden = starters.find((file) => existsSync(file) && isWithin(realpathSync(file), path) && isHidden(realpathSync(file)))
    if (hidden === undefined) continue
    throw configError(
      `${name} is ${inQuotes(value)}: that directory is empty inside, and no program starts without ${hidden}; set ${name} to another one, or unset it`,
    )
  }
}

/** The directory behind a path, or null when there is none, or it is the root, which cannot be one of many. */
export function realDirectory(path: string | undefined): string | null {
  if (!path?.startsWith('/') || !existsSync(path) || !statSync(path).isDirectory()) return null
  const real = realpathSync(path)
  return real === '/' ? null : real
}

/** f_type of statfs(2): proc, sysfs, cgroup, cgroup2 and devpts. */
const madeByKernel: readonly number[] = [0x9fa0, 0x62656572, 0x27e0eb, 0x63677270, 0x1cd1]

/** A sandbox has a /dev/shm of its own, in which a directory of the host's has to be made. */
function privateDirectory(path: string): string | null {
  const real = realDirectory(path)
  return real !== null && isWithin(real, '/dev/shm') ? real : overlayDirectory(path)
}

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
