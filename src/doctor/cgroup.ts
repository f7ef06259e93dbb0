// Whether this user can limit memory, CPU and processes of a sandbox by cgroup.

import { existsSync, mkdirSync, readFileSync, rmdirSync } from 'node:fs'
import { join } from 'node:path'
import { mountPoints } from '../host/mount-points.ts'
import { isContainer, type Place } from '../host/place.ts'
import { delegateControllers, keepUserManager, setRuntimeDirectory, switchToCgroup2, writableCgroups } from '../host/remedies/cgroups.ts'
import type { Remedy } from '../host/remedies/remedy.ts'
import { limitsInScope } from './cgroup-limits.ts'
import { type CgroupPlace, cgroupPlace, controllersOf } from './cgroup-place.ts'
import { type Check, pass, warn } from './check.ts'

const wanted = ['cpu', 'memory', 'pids', 'io', 'cpuset']
const noLimits = 'sandboxes cannot be limited in memory, CPU time, processes or disk speed by cgroup'

export async function checkCgroups(place: Place, env: NodeJS.ProcessEnv): Promise<Check[]> {
  const tree = cgroupPlace(mountPoints(), readFileSync('/proc/self/cgroup', 'utf8'))
  const version = checkVersion(tree, place)
  return version.status === 'pass' ? [version, await checkDelegation(tree, place, env)] : [version]
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

async function checkDelegation({ mount = '', own }: CgroupPlace, place: Place, env: NodeJS.ProcessEnv): Promise<Check> {
  const runtime = `/run/user/${process.getuid?.()}`
  const unset = env['XDG_RUNTIME_DIR'] === undefined
  const { controllers, refused } = await limitsInScope(mount, unset && existsSync(runtime) ? { ...env, XDG_RUNTIME_DIR: runtime } : env)
  if (refused === undefined)
    return judge(controllers, 'a scope of systemd', unset && process.getuid?.() !== 0 ? setRuntimeDirectory() : undefined)
  const denied = own === undefined ? 'the own cgroup is not shown' : writeFailure(own)
  if (own !== undefined && denied === undefined) return judge(controllersOf(own), 'the own cgroup is writable', undefined)
  const detail = `${refused}; ${denied}`
  return warn('cgroup delegation', detail, noLimits, systemdRuns() && !isContainer(place) ? keepUserManager() : writableCgroups(place))
}

/** As sd_booted(3) tells it. */
function systemdRuns(): boolean {
  return existsSync('/run/systemd/system')
}

/** `beside` is what to do although the limits hold. */
function judge(controllers: readonly string[], how: string, beside: Remedy | undefined): Check {
  const name = 'cgroup delegation'
  const detail = `${how}: ${controllers.join(' ') || 'no controllers'}`
  const missing = wanted.filter((controller) => !controllers.includes(controller))
  if (missing.length > 0) return warn(name, detail, `sandboxes cannot be limited by ${missing.join(', ')}`, delegateControllers(missing))
  return beside ? warn(name, detail, 'systemd-run --user fails from this environment', beside) : pass(name, detail)
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
