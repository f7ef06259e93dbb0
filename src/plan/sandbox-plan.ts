// From what was asked and what the host is, to the ordered steps of a sandbox. Pure: no I/O, no clock.

import { configError } from '../errors.ts'
import type { Capability } from '../sys/capabilities.ts'
import type { HostFacts } from './host-facts.ts'
import { hostRootSteps } from './host-root.ts'
import { idMaps } from './id-maps.ts'
import { otherRootSteps } from './other-root.ts'
import { type LastAction, type LastStep, type Namespace, namespaces, type SandboxPlan, type SealStep } from './plan.ts'
import { portWords, wrongPorts } from './port-steps.ts'
import { plainRun, type RunRequest, type SandboxRequest } from './request.ts'
import { seccompFilter } from './seccomp-filter.ts'
import { step } from './step.ts'
import { wrongTraffic } from './traffic.ts'
import { userCountSteps } from './user-counts.ts'

/**
 * Kept for an ordinary caller: nothing that goes around file permissions, so that a test of
 * `EACCES` sees what it would see outside.
 */
const keptForCaller: Capability[] = ['net_bind_service', 'net_raw']
/** Kept for a caller who is root, whose tests know no `EACCES`. */
const keptForRoot: Capability[] = ['chown', 'dac_override', 'fowner', 'fsetid', 'kill', 'setgid', 'setuid', ...keptForCaller]

/** @throws NsboxError ERR_NSBOX_CONFIG for what does not go together */
export function sandboxPlan(request: SandboxRequest, host: HostFacts): SandboxPlan {
  const problem = wrongPorts(request)
  if (problem) throw configError(`${problem.option} is ${portWords(problem.value)}: ${problem.why}`)
  const wrong = wrongTraffic(request)
  if (wrong !== undefined) throw configError(wrong)
  const run = request.run ?? plainRun
  const shared: Namespace[] = [...run.hostNamespaces, ...(request.net === 'host' ? (['net'] as const) : [])]
  const own = namespaces.filter((name) => !shared.includes(name))
  return {
    namespaces: own,
    steps: [
      ...identitySteps(request, run, own, host),
      ...(run.rootfs === null ? hostRootSteps(request, run, own, host) : otherRootSteps(request, run, own, host, run.rootfs)),
      ...privilegeSteps(run, host),
    ],
    lastSteps: run.limits.map(lastStep),
    seal: request.seal,
    ...(request.emulated && { emulated: request.emulated }),
  }
}

function identitySteps(request: SandboxRequest, run: RunRequest, own: Namespace[], host: HostFacts): SealStep[] {
  return [
    step('root inside is the caller outside: unmapped, a process may mount nothing', { do: 'map-ids', ...idMaps(request, run, host) }),
    // Before the tree is read-only, and with it the host's /proc, which a sandbox without a pid namespace keeps.
    step('when memory is short the kernel chooses the sandbox first', { do: 'oom-score', score: 500 }),
    // It takes CAP_SYS_RESOURCE in this user namespace, and a /proc that can be written.
    ...userCountSteps(request, run, host.userCounts),
    ...(own.includes('uts')
      ? [step('a name of its own, so that a change does not reach the host', { do: 'hostname', name: request.hostname })]
      : []),
    ...(run.clocks === null
      ? []
      : [step('clocks of what is forked from here on count from elsewhere; the time of day stays', { do: 'time', ...run.clocks })]),
  ]
}

function privilegeSteps(run: RunRequest, host: HostFacts): SealStep[] {
  return [
    step('root inside cannot undo the mounts', {
      do: 'capabilities',
      keep: host.uid === 0 || run.mapRange === 'auto' ? keptForRoot : keptForCaller,
    }),
    step('setuid programs gain nothing', { do: 'no-new-privs' }),
    step('kernel surface that programs do not need is closed', { do: 'seccomp', filter: seccompFilter(host.arch) }),
  ]
}

function lastStep(action: LastAction): LastStep {
  return { why: 'asked for, and in force before the program begins', ...action }
}
