// A plan in words: numbered steps, each with its reason.

import type { SandboxPlan, SealStep } from './plan.ts'

export function formatPlan({ namespaces, steps, seal }: SandboxPlan): string {
  const lines = steps.map((step, index) => `${String(index + 1).padStart(2)}. ${describeStep(step)}\n      ${step.why}`)
  return [
    `New namespaces: ${namespaces.join(', ')}`,
    `A step that fails is ${seal === 'require' ? 'an error' : 'reported and left out'}.`,
    ...lines,
  ].join('\n')
}

function describeStep(step: SealStep): string {
  switch (step.do) {
    case 'map-ids':
      return `map ids: ${step.uid.map(({ inside, outside, count }) => `uid ${inside} is ${outside}${count > 1 ? ` and ${count - 1} more` : ''}`).join(', ')}`
    case 'hostname':
      return `host name ${step.name}`
    case 'hold':
      return `open ${step.paths.join(', ')}`
    case 'private-mounts':
      return 'make all mounts private'
    case 'read-only':
      return 'make the whole tree read-only, without setuid'
    case 'tmpfs':
      return `tmpfs on ${step.target}, mode ${step.mode.toString(8)}`
    case 'bind':
      return `bind ${step.source === step.target ? '' : `${step.source} `}at ${step.target}, ${step.writable ? 'writable' : 'read-only'}`
    case 'copy':
      return `copy ${step.target}`
    case 'symlink':
      return `link ${step.target} to ${step.to}`
    case 'overlay':
      return `overlay on ${step.target}`
    case 'dev':
      return 'own /dev'
    case 'proc':
      return 'own /proc'
    case 'loopback':
      return 'bring lo up'
    case 'chdir':
      return `change to ${step.path}`
    case 'oom-score':
      return `raise the score for the out-of-memory killer by ${step.score}`
    case 'capabilities':
      return `keep the capabilities ${step.keep.join(', ')}`
    case 'no-new-privs':
      return 'set no_new_privs'
    case 'seccomp':
      return `install a system call filter of ${step.filter.length} instructions`
  }
}
