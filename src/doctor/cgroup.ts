// Whether this user can limit memory, CPU and processes of a sandbox by cgroup.

import { existsSync, mkdirSync, rmdirSync } from 'node:fs'
import { join } from 'node:path'
import { type CgroupPlace, controllersOf, placeOf } from '../cgroup/place.ts'
import { systemdRuns } from '../cgroup/scope.ts'
import { isContainer, type Place } from '../host/place.ts'
import {
  delegateControllers,
  keepUserManager,
  ownCgroup,
  setRuntimeDirectory,
  switchToCgroup2,
  writableCgroups,
} from '../host/remedies/cgroups.ts'
import { limitsInScope } from './cgroup-limits.ts'
import { type Check, pass, type Remedy, warn } from './check.ts'

const wanted = ['cpu', 'memory', 'pids', 'io', 'cpuset']
const noLimits = 'limits of CPU time, memory and processes are emulated, and disk speed cannot be limited'

export async function checkCgroups(place: Place, env: NodeJS.ProcessEnv): Promise<Check[]> {
  const tree = placeOf('self')
  const version = checkVersion(tree, place)
  return version.status === 'pass' ? [version, ...(await checkDelegation(tree, place, env))] : [version]
}

function checkVersion({ version, mount }: CgroupPlace, place: Place): Check {
  if (version === 'v2' && mount) return pass('cgroup version', `v2 on ${mount}`)
  const bound = mount ? controllersOf(mount) : []
  if (version === 'hybrid' && wanted.every((name) => bound.includes(name))) return pass('cgroup version', `v2 on ${mount}, beside v1`)
  const detail = {
    none: 'no cgroup file system is mounted',
    v1: 'v1 alone',
    hybrid: `v2 on ${mount} has only the controllers: ${bound.join(' ') || 'none'}`,
    v2: '',
  }[version]
  return warn('cgroup version', detail, noLimits, switchToCgroup2(place, systemdRuns()))
}

async function checkDelegation({ mount = '', own }: CgroupPlace, place: Place, env: NodeJS.ProcessEnv): Promise<Check[]> {
  const runtime = `/run/user/${process.getuid?.()}`
  const unset = process.getuid?.() !== 0 && env['XDG_RUNTIME_DIR'] === undefined && existsSync(runtime)
  const { controllers, refused, isLate } = await limitsInScope(mount, env)
  if (refused === undefined) return [judge(controllers, 'a scope of systemd', mount), ...(unset ? [unsetRuntimeDirectory(runtime)] : [])]
  const denied = own === undefined ? 'the own cgroup is not shown' : writeFailure(own)
  if (own !== undefined && denied === undefined) return [judge(controllersOf(own), 'the own cgroup is writable', mount)]
  if (isLate) return [warn(name, `systemd: ${refused}; ${denied}`, noLimits, undefined)]
  const remedy = systemdRuns() && !isContainer(place) ? keepUserManager() : ownRemedy(place, own, denied)
  return [warn(name, `${refused}; ${denied}`, noLimits, remedy)]
}

const name = 'cgroup delegation'

/** Mounted writable, it may still belong to root. */
function ownRemedy(place: Place, own: string | undefined, denied: string | undefined): Remedy {
  return own !== undefined && denied?.startsWith('EACCES') ? ownCgroup(own) : writableCgroups(place)
}

function judge(controllers: readonly string[], how: string, mount: string): Check {
  const detail = `${how}: ${controllers.join(' ') || 'no controllers'}`
  const missing = wanted.filter((controller) => !controllers.includes(controller))
  if (missing.length === 0) return pass(name, detail)
  const offered = missing.filter((controller) => controllersOf(mount).includes(controller))
  const effect = `sandboxes cannot be limited by ${missing.join(', ')}`
  return warn(
    name,
    offered.length === 0 ? `${detail}; no others are to be had here` : detail,
    effect,
    offered.length > 0 && systemdRuns() ? delegateControllers(offered) : undefined,
  )
}

function unsetRuntimeDirectory(runtime: string): Check {
  const effect = "systemd-run --user and all that asks the user's systemd fail from this environment"
  return warn('XDG_RUNTIME_DIR', `not set, and ${runtime} is there`, effect, setRuntimeDirectory())
}

/** Makes a cgroup below and removes it; undefined when that works. */
function writeFailure(own: string): string | undefined {
  const leaf = join(own, `nsbox-doctor-${process.pid}`)
  try {
    mkdirSync(leaf)
    rmdirSync(leaf)
    return undefined
  } catch (error) {
    return (error as Error).message
  }
}
