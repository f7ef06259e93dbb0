// What the machine says it forbids, and whether that is what stopped an attempt.

import { realpathSync } from 'node:fs'
import { isContainer } from '../host/place.ts'
import { leaveFilter, loosenContainer } from '../host/remedies/containers.ts'
import { exemptFromApparmor, raiseLimit } from '../host/remedies/namespaces.ts'
import type { Remedy } from '../host/remedies/remedy.ts'
import { type Restrictions, readSysctl } from '../host/restrictions.ts'
import { type Check, fail, pass } from './check.ts'

/** `tried` are the checks of what these restrictions can stop. */
export function checkRestrictions(host: Restrictions, tried: readonly Check[]): Check[] {
  const toBlame = (remedy: Remedy) => tried.some((check) => check.status === 'fail' && check.remedy?.why === remedy.why)
  const allPassed = tried.every(({ status }) => status === 'pass')
  return [checkApparmor(host, toBlame, allPassed), checkLimit(host), checkSeccomp(host, toBlame, allPassed)]
}

type Blame = (remedy: Remedy) => boolean

function checkApparmor({ place, apparmorRestricts, apparmorProfile, privileged }: Restrictions, toBlame: Blame, allPassed: boolean): Check {
  const profile = apparmorProfile === undefined ? '' : `, profile ${apparmorProfile}`
  if (!apparmorRestricts) return pass('AppArmor', `no restriction of user namespaces${profile}`)
  const detail = `kernel.apparmor_restrict_unprivileged_userns is 1${profile}`
  const remedy = exemptFromApparmor(place, realpathSync(process.execPath))
  if (toBlame(remedy)) return fail('AppArmor', detail, remedy)
  if (privileged) return pass('AppArmor', `${detail}; root is exempt`)
  return pass('AppArmor', allPassed ? `${detail}; this node is exempt` : detail)
}

function checkLimit({ place, limitedToZero }: Restrictions): Check {
  const [kind] = limitedToZero
  if (kind !== undefined) {
    const detail = limitedToZero.map((name) => `user.max_${name}_namespaces is 0`).join(', ')
    return fail('limits', detail, raiseLimit(kind, `The limit of ${kind} namespaces is 0`, isContainer(place)))
  }
  return pass('limits', `user.max_user_namespaces is ${readSysctl('user/max_user_namespaces') ?? 'not shown'}`)
}

function checkSeccomp({ place, seccompFilters, noNewPrivileges }: Restrictions, toBlame: Blame, allPassed: boolean): Check {
  const also = noNewPrivileges ? ', no_new_privs is set' : ''
  if (seccompFilters === 0) return pass('seccomp', `no filter is imposed${also}`)
  const imposed = `${seccompFilters === 1 ? 'a filter is' : `${seccompFilters} filters are`} imposed${also}`
  const remedy = [leaveFilter(), loosenContainer(place)].find(toBlame)
  return remedy ? fail('seccomp', imposed, remedy) : pass('seccomp', allPassed ? `${imposed}, and lets all of this through` : imposed)
}
