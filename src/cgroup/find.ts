// Where the cgroups of sandboxes can be made: the first place that works.

import { accessSync, constants } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { debug } from '../debug.ts'
import { NsboxError } from '../errors.ts'
import { getXattr } from '../sys/xattr.ts'
import { Base, baseOf, unusable } from './base.ts'
import { readValue } from './interface-files.ts'
import { type CgroupPlace, controllersOf, placeOf } from './place.ts'
import { outcomeInScope, scopeUnavailable, systemdRuns } from './scope.ts'

const log = debug('launch')

export type CgroupHome =
  /** Below this one. */
  | { kind: 'base'; base: Base }
  /** Whoever forks sandboxes has to be started in a scope of systemd's, and they belong below it. */
  | { kind: 'scope' }
  | { kind: 'none'; reasons: string[] }

export interface FindOptions {
  /** A cgroup's directory, which is then the only candidate. */
  given: string | undefined
  /** This process was started in a scope for this very purpose. */
  inScope: boolean
  env: NodeJS.ProcessEnv
}

/** @throws NsboxError ERR_NSBOX_CGROUP when the one that was given cannot be used */
export async function findCgroup({ given, inScope, env }: FindOptions): Promise<CgroupHome> {
  const place = placeOf('self')
  if (given !== undefined) return { kind: 'base', base: openGiven(given, place) }
  const unmounted = whyNoControllers(place)
  if (unmounted !== undefined) return { kind: 'none', reasons: [unmounted] }
  const own = openOwn(place, inScope)
  if (own instanceof Base) return { kind: 'base', base: own }
  const scope = inScope ? 'another scope would be no better' : await whyNoScope(env)
  if (scope === undefined) return { kind: 'scope' }
  log('no cgroup: %s; %s', own, scope)
  return { kind: 'none', reasons: [own, scope] }
}

function whyNoControllers({ mount, version }: CgroupPlace): string | undefined {
  if (mount === undefined) return version === 'none' ? 'no cgroups are mounted' : 'cgroups are mounted as v1 alone'
  return version === 'hybrid' && !controllersOf(mount).includes('memory') ? 'the controllers are bound to cgroup v1' : undefined
}

/** Answers why not, in words. */
function openOwn({ own, mount }: CgroupPlace, inScope: boolean): Base | string {
  if (own === undefined) return 'the own cgroup is not shown'
  const path = baseOf(own)
  if (!inScope && !mayTake(path)) return `${path} belongs to systemd, which may take limits away that it did not set`
  try {
    return Base.open(path, { evacuate: true })
  } catch (error) {
    return relative((error as Error).message, mount)
  }
}

/** Units that systemd has not delegated it manages alone; newer ones have a mark. */
function mayTake(path: string): boolean {
  if (!systemdRuns() || !/\.(service|scope|slice)$/.test(basename(path))) return true
  return ['user.delegate', 'trusted.delegate'].some((name) => getXattr(Buffer.from(path), name)?.toString() === '1')
}

function relative(message: string, mount: string | undefined): string {
  return mount === undefined ? message : message.replaceAll(`${mount}/`, '')
}

/** @throws NsboxError ERR_NSBOX_CGROUP */
function openGiven(given: string, { own }: CgroupPlace): Base {
  if (readValue(given, 'cgroup.controllers') === undefined) throw unusable(given, 'it is no cgroup v2')
  if (own === undefined || (!own.startsWith(`${given}/`) && own !== given)) requireCommonAncestor(given, own)
  return Base.open(given, { evacuate: own === given })
}

/** Who moves, or is born elsewhere, has to be able to write the cgroup above both places (cgroups(7), delegation containment). */
function requireCommonAncestor(given: string, own: string | undefined): void {
  let ancestor = dirname(given)
  while (own !== undefined && ancestor !== '/' && !`${own}/`.startsWith(`${ancestor}/`)) ancestor = dirname(ancestor)
  try {
    accessSync(join(ancestor, 'cgroup.procs'), constants.W_OK)
  } catch {
    throw new NsboxError(`${given}: this process is in ${own ?? 'a cgroup that is not shown'}, and may not leave it for there`, {
      code: 'ERR_NSBOX_CGROUP',
      stage: 'launch',
      hint: `Start nsbox inside of it, or let this user write ${join(ancestor, 'cgroup.procs')}.`,
    })
  }
}

async function whyNoScope(env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const unavailable = scopeUnavailable(env)
  if (unavailable !== undefined) return unavailable
  const { ok, said } = await outcomeInScope(['true'], env)
  return ok ? undefined : `systemd gives no scope: ${said}`
}
