// Whether namespaces can be had, and whether they give the power that a seal needs.

import { remedyFor } from '../host/explain.ts'
import type { Restrictions } from '../host/restrictions.ts'
import { ownInterface } from '../plan/network.ts'
import { namespaces } from '../plan/plan.ts'
import type { Attempts } from './attempts.ts'
import { type Check, fail, pass, warn } from './check.ts'

export async function checkUserNamespace(attempts: Attempts, host: Restrictions): Promise<Check> {
  const failure = await attempts.failure([], [])
  return failure
    ? fail('user namespace', failure.message, remedyFor(failure, host))
    : pass('user namespace', 'made, and its ids are mapped')
}

/** One by one: a limit or a filter can be on any of them. */
export async function checkNamespaceKinds(attempts: Attempts, host: Restrictions): Promise<Check> {
  const kinds = namespaces.filter((kind) => kind !== 'user')
  const failures = []
  for (const kind of kinds) {
    const failure = await attempts.failure([kind], [])
    if (failure) failures.push({ kind, failure })
  }
  const [first] = failures
  if (!first) return pass('namespaces', kinds.join(' '))
  const refused = failures.map(({ kind }) => kind).join(' ')
  return fail('namespaces', `refused: ${refused}: ${first.failure.message}`, remedyFor(first.failure, host))
}

/** Only clocks with an offset need it. */
export async function checkTimeNamespace(attempts: Attempts, host: Restrictions): Promise<Check> {
  const failure = await attempts.failure([], [{ do: 'time', monotonic: '1000000000', boottime: '0' }])
  return failure
    ? warn(
        'time namespace',
        failure.message,
        'clock offsets (--monotonic-offset, --boottime-offset) cannot be had',
        remedyFor(failure, host),
      )
    : pass('time namespace', 'an offset is taken')
}

/** Where AppArmor restricts, the namespace can be had and everything in it is refused. */
export async function checkMounts(attempts: Attempts, host: Restrictions): Promise<Check> {
  const failure = await attempts.failure(['mount'], [{ do: 'private-mounts' }, { do: 'tmpfs', target: '/tmp', mode: 0o1777 }])
  return failure ? fail('mounts', failure.message, remedyFor(failure, host)) : pass('mounts', 'a tmpfs on /tmp')
}

export async function checkLoopback(attempts: Attempts, host: Restrictions): Promise<Check> {
  const failure = await attempts.failure(['net'], [{ do: 'loopback' }])
  if (failure) return fail('loopback', failure.message, remedyFor(failure, host))
  const addressless = await attempts.failure(['net'], [{ do: 'interface', ...ownInterface }])
  if (!addressless) return pass('loopback', `lo is up, and ${ownInterface.name} has an address`)
  const effect = 'a sandbox has no address besides localhost'
  return warn('loopback', `lo is up; ${addressless.message}`, effect, remedyFor(addressless, host))
}
