// Paths of the host that a sandbox is let in to, as they are found here.

import { existsSync, realpathSync } from 'node:fs'
import { join, normalize } from 'node:path'
import { configError } from '../errors.ts'
import type { AllowedPath } from '../plan/reach.ts'
import type { BindMount } from '../plan/request.ts'
import { inQuotes, quoted } from '../quoted.ts'
import { bindMount } from './bind-mount.ts'

/**
 * What lies at each path, and the name it has inside. `field` is what the option is called to whoever wrote it.
 * @throws NsboxError ERR_NSBOX_CONFIG for a path that is not there
 */
export function allowedHere(allow: readonly AllowedPath[], env: NodeJS.ProcessEnv, field = 'allow'): BindMount[] {
  return allow.flatMap(({ path, writable }) => {
    const wrong = (why: string) => configError(`${field} is ${inQuotes(path)}: ${why}`)
    const target = absolute(path, env['HOME'])
    if (target === undefined) throw wrong('~ is HOME, which is not set; write the path out')
    if (!existsSync(target)) throw wrong(`there is no ${quoted(target)}; make it before the run, or leave it out`)
    const source = realpathSync(target)
    if (source === '/') throw wrong('the root cannot be let in as a whole; name what is needed of it')
    return mountsOf(source, target, writable)
  })
}

/** A link to it may itself lead to where nothing is inside, so it lies at its real place too. */
function mountsOf(source: string, target: string, writable: boolean): BindMount[] {
  return [...new Set([source, target])].map((place) => bindMount(source, place, writable))
}

function absolute(path: string, home: string | undefined): string | undefined {
  if (!path.startsWith('~')) return trimmed(path)
  return home?.startsWith('/') ? trimmed(join(home, path.slice(1))) : undefined
}

function trimmed(path: string): string {
  return normalize(path).replace(/(?<=.)\/+$/, '')
}
