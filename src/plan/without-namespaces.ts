// What is left of a plan where not all of its namespaces can be had.

import type { Namespace, SandboxPlan, SealAction } from './plan.ts'

/** Steps that would change the host's own, or nothing, without a namespace for it. */
const needs: Partial<Record<SealAction['do'], Namespace>> = {
  hostname: 'uts',
  loopback: 'net',
  interface: 'net',
  traffic: 'net',
  forward: 'net',
  expose: 'net',
  'name-server': 'net',
  proc: 'pid',
  cgroup: 'cgroup',
}

/** Those that a process can take in the host's namespaces, without power over anything. */
const anywhere: readonly SealAction['do'][] = ['chdir', 'oom-score', 'no-new-privs', 'seccomp']

/** Without a user or a mount namespace there is no other either. */
export function withoutNamespaces(plan: SandboxPlan, missing: readonly Namespace[]): SandboxPlan {
  if (missing.includes('user') || missing.includes('mount'))
    return { ...plan, namespaces: [], steps: plan.steps.filter((step) => anywhere.includes(step.do)) }
  const isMissing = (name: Namespace | undefined) => name !== undefined && missing.includes(name)
  return {
    ...plan,
    namespaces: plan.namespaces.filter((name) => !isMissing(name)),
    steps: plan.steps.filter((step) => !isMissing(needs[step.do]) && !(isMissing('net') && asksOwnServer(step))),
  }
}

/** The name server that it leads to is not there. */
function asksOwnServer(step: SealAction): boolean {
  return step.do === 'lines' && step.target === '/etc/resolv.conf'
}
