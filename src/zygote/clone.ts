// Starts the first process of a sandbox, in all namespaces that the plan asks for or in those that are available.

import { errorToData, NsboxError } from '../errors.ts'
import type { Namespace, SandboxPlan } from '../plan/plan.ts'
import { withoutNamespaces } from '../plan/without-namespaces.ts'
import { spokenOptions } from '../spoken-options.ts'
import { type CloneFlag, cloneInto, cloneIntoCgroup, exitNow, fork, waitpid } from '../sys/process.ts'
import type { SysError } from '../sys/sys-error.ts'
import type { NotEnforced } from '../wire/protocol.ts'

const cloneFlagOf: Record<Namespace, CloneFlag> = {
  user: 'CLONE_NEWUSER',
  mount: 'CLONE_NEWNS',
  pid: 'CLONE_NEWPID',
  net: 'CLONE_NEWNET',
  ipc: 'CLONE_NEWIPC',
  uts: 'CLONE_NEWUTS',
  cgroup: 'CLONE_NEWCGROUP',
}

export interface Clone {
  /** 0 in the child. */
  pid: number
  /** The part of the plan that its namespaces allow. */
  plan: SandboxPlan
  /** Namespaces that are not available. */
  missing: NotEnforced[]
  /** True when it is in its cgroup already, or needs none. */
  isPlaced: boolean
}

/** @throws SysError when the kernel gives no namespaces, or not all that the plan requires */
export function cloneInit(plan: SandboxPlan, cgroup: number | undefined): Clone {
  try {
    return { ...cloneSomewhere(plan, cgroup), plan, missing: [] }
  } catch (error) {
    if (plan.seal === 'require') throw error
    const refused = refusedKinds(plan.namespaces)
    // Each kind is available by itself, so the failure may have been temporary: try once more.
    if (refused.size === 0) return { ...cloneSomewhere(plan, cgroup), plan, missing: [] }
    const base = refused.get('user') ?? refused.get('mount')
    if (base) return cloneUnsealed(plan, base, cgroup)
    const missing = [...refused].map(([name, why]) => ({ protection: `${name} namespace`, error: errorToData(why) }))
    const possible = withoutNamespaces(plan, [...refused.keys()])
    return { ...cloneSomewhere(possible, cgroup), plan: possible, missing }
  }
}

/** Runs without any namespace: nothing is mounted, so programs write to the host's files. */
function cloneUnsealed(plan: SandboxPlan, error: SysError, cgroup: number | undefined): Clone {
  if (plan.seal !== 'optional') throw unsealed(error)
  const missing = [{ protection: 'namespaces', error: errorToData(error) }]
  return { pid: fork(), plan: withoutNamespaces(plan, plan.namespaces), missing, isPlaced: cgroup === undefined }
}

function unsealed(error: SysError): NsboxError {
  const { message, ...data } = errorToData(error)
  const lost = "programs would write to the real project, HOME and /tmp, and use the host's network"
  return new NsboxError(`${message}. Without namespaces ${lost}: ${spokenOptions.unsealed}`, data)
}

/** What a kernel, or a filter of a container's, that does not know clone3(2) or its field for the cgroup answers. */
const unknownCall = ['ENOSYS', 'EPERM', 'E2BIG', 'EINVAL']

function cloneSomewhere({ namespaces }: SandboxPlan, cgroup: number | undefined): Pick<Clone, 'pid' | 'isPlaced'> {
  // The root of a cgroup namespace is where its maker is: a child that is born elsewhere makes its own.
  const names = namespaces.filter((name) => name !== 'cgroup' || cgroup === undefined).map((name) => cloneFlagOf[name])
  if (cgroup === undefined) return { pid: cloneInto(names), isPlaced: true }
  try {
    return { pid: cloneIntoCgroup(names, cgroup), isPlaced: true }
  } catch (error) {
    if (!unknownCall.includes((error as SysError).errno ?? '')) throw error
    return { pid: cloneInto(names), isPlaced: false }
  }
}

/** The result of the trials, which stays the same on one machine. */
let known: { namespaces: string; refused: Map<Namespace, SysError> } | undefined

/** Tries each kind together with those before it, with a child that exits at once: a limit, a filter or the kernel may refuse any of them. */
function refusedKinds(namespaces: readonly Namespace[]): Map<Namespace, SysError> {
  if (known?.namespaces === namespaces.join()) return known.refused
  const refused = new Map<Namespace, SysError>()
  const given: CloneFlag[] = []
  for (const name of namespaces) {
    const error = refusal([...given, cloneFlagOf[name]])
    if (error) refused.set(name, error)
    else given.push(cloneFlagOf[name])
    // The other kinds are of no use without these.
    if (error && (name === 'user' || name === 'mount')) break
  }
  known = { namespaces: namespaces.join(), refused }
  return refused
}

function refusal(names: readonly CloneFlag[]): SysError | undefined {
  try {
    const pid = cloneInto(names)
    if (pid === 0) exitNow(0)
    waitpid(pid, { block: true })
    return undefined
  } catch (error) {
    return error as SysError
  }
}
