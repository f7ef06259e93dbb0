// The part of a plan that can be carried out when some of its namespaces are not available.

import type { Namespace, SandboxPlan, SealAction } from './plan.ts'

/** Steps that need a namespace of their own: without it they would change the host, or fail. */
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

/** Steps that need no namespace and no privilege. */
const anywhere: readonly SealAction['do'][] = ['chdir', 'oom-score', 'no-new-privs', 'seccomp']

/** Without a user or a mount namespace the other ones are of no use. */
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

/** It names a name server that only runs in the sandbox's own network. */
function asksOwnServer(step: SealAction): boolean {
  return step.do === 'lines' && step.target === '/etc/resolv.conf'
}
