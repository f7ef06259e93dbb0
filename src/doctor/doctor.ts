// What this machine can do for nsbox: every fact is tried, and nothing is left behind.

import { inspect } from 'node:util'
import { configError } from '../errors.ts'
import { findPlace } from '../host/place.ts'
import { readRestrictions } from '../host/restrictions.ts'
import { checkCgroups } from './cgroup.ts'
import { type Check, type Diagnosis, fail, verdictOf } from './check.ts'
import { guarded } from './guarded.ts'
import { checkRestrictions } from './restrictions.ts'
import { checkKoffi, checkNode, checkPlatform, checkProc, checkVitest } from './software.ts'

export interface DoctorOptions {
  /** The project's directory: its vitest is looked for, and it is what the self-check seals. */
  cwd?: string
  env?: NodeJS.ProcessEnv
}

/** Never rejects for what it finds. Takes about a second. */
export async function doctor({ cwd = process.cwd(), env = process.env }: DoctorOptions = {}): Promise<Diagnosis> {
  if (typeof cwd !== 'string') throw configError(`doctor(): cwd is ${inspect(cwd, { depth: 1 })}; it must be the path of a directory`)
  const place = findPlace(env)
  const host = readRestrictions(env)
  /** Without any of these no zygote can work. */
  const needed = [checkPlatform(place), checkProc(), await checkKoffi()]
  const software = [...needed, checkNode(), checkVitest(cwd)]
  const missing = needed.filter(({ status }) => status === 'fail')
  // Imported here only: where koffi does not load, neither do they.
  const { steps, ranges, whole } = missing.length > 0 ? untried(missing) : await (await import('./trials.ts')).trials(cwd, host, env)
  const checks = [
    ...software,
    ...steps,
    ...checkRestrictions(host, [...steps, ...whole]),
    ...(await guarded('cgroup version', () => checkCgroups(place, env))),
    ...ranges,
    ...whole,
  ]
  return { verdict: verdictOf(checks), place, checks }
}

function untried(missing: readonly Check[]): Record<'steps' | 'ranges' | 'whole', Check[]> {
  const detail = `not tried, because of: ${missing.map(({ name }) => name).join(', ')}`
  return { steps: [fail('sandboxes', detail, undefined)], ranges: [], whole: [] }
}
