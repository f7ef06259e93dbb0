// A plan in words: numbered steps, each with its reason.

import { oneLine } from '../quoted.ts'
import type { LimitName, Limits } from './limits.ts'
import type { LastStep, SandboxPlan, SealStep } from './plan.ts'
import { trafficWords } from './traffic.ts'

const failureWords: Record<SandboxPlan['seal'], string> = {
  require: 'an error',
  prefer: 'reported and left out, unless it protects files of the host',
  optional: 'reported and left out',
}

export function formatPlan({ namespaces, steps, lastSteps, seal, limits = {} }: SandboxPlan): string {
  const lines = [...steps, ...lastSteps].map(
    (step, index) => `${String(index + 1).padStart(2)}. ${oneLine(describeStep(step))}\n      ${step.why}`,
  )
  return [`New namespaces: ${namespaces.join(', ')}`, `A step that fails is ${failureWords[seal]}.`, ...lines, ...limitLines(limits)].join(
    '\n',
  )
}

function describeStep(step: SealStep | LastStep): string {
  switch (step.do) {
    case 'map-ids':
      return `map ids: ${step.uid.map(({ inside, outside, count }) => `uid ${inside} is ${outside}${count > 1 ? ` and ${count - 1} more` : ''}`).join(', ')}`
    case 'hostname':
      return `host name ${step.name}`
    case 'time':
      return `new time namespace, ${clockWords(step)}`
    case 'hold':
      return `open ${step.paths.join(', ')}`
    case 'private-mounts':
      return 'make all mounts private'
    case 'cover':
      return `cover other mounts of ${[...Object.values(step.types), ...step.places].join(', ')}`
    case 'read-only':
      return 'make the whole tree read-only, without setuid and devices'
    case 'tmpfs':
      return `tmpfs on ${step.target}, mode ${step.mode.toString(8)}${step.size === undefined ? '' : `, ${step.size} bytes`}${step.inodes === undefined ? '' : `, ${step.inodes} inodes`}`
    case 'bind':
      return `bind ${step.source === step.target ? '' : `${step.source} `}at ${step.target}, ${step.writable ? 'writable' : 'read-only'}${step.devices ? ', with devices' : ''}`
    case 'overlay':
      return `overlay on ${step.target}${step.without ? ', over a copy of its files' : ''}${layerWords(step.layers)}`
    case 'pivot-root':
      return `change the root to an overlay over ${step.rootfs}${layerWords(step.layers)}`
    case 'leave-root':
      return 'unmount the old root'
    case 'mask':
      return `cover ${step.target}`
    case 'hide':
      return `hide ${step.paths.join(', ')}`
    case 'lines':
      return `${step.target} with ${step.lines.join(', ')}${step.more ? ', ahead of what it has' : ''}`
    case 'dev':
      return `own /dev${step.nodes.length > 0 ? `, with ${step.nodes.join(', ')}` : ''}${step.console === null ? '' : ', with the terminal as /dev/console'}`
    case 'proc':
      return 'own /proc'
    case 'sys':
      return 'own /sys, read-only'
    case 'cgroup':
      return `own ${step.target}, read-only`
    case 'limit-files':
      return `files at ${step.target} that tell the limits, read-only`
    case 'loopback':
      return 'bring lo up'
    case 'interface':
      return `an interface ${step.name} with ${step.addresses.join(' and ')}`
    case 'traffic':
      return `delay and loss of each packet on lo: ${trafficWords(step)}`
    case 'forward':
      return `forward ${step.ports.map(({ listen, to }) => `localhost:${listen} to port ${to} of the host's localhost`).join(', ')}`
    case 'expose':
      return `expose localhost:${step.ports.map(({ listen, to }) => `${to} at ${listen === 0 ? 'a free port' : `port ${listen}`} of the host's localhost`).join(', localhost:')}`
    case 'name-server':
      return `a name server for ${Object.keys(step.hosts).join(', ')}`
    case 'chdir':
      return `change to ${step.path}`
    case 'oom-score':
      return `raise the score for the out-of-memory killer by ${step.score}`
    case 'user-counts':
      return `have at most ${[...Object.entries(step.files), ...Object.entries(step.resources)].map(([name, most]) => `${most} by ${name}`).join(', ')}`
    case 'capabilities':
      return `keep the capabilities ${step.keep.join(', ')}`
    case 'no-new-privs':
      return 'set no_new_privs'
    case 'seccomp':
      return `install a system call filter of ${step.filter.length} instructions`
    case 'rlimit':
      return `limit ${step.resource} to ${step.soft ?? 'unlimited'}${step.hard === step.soft ? '' : `, at most ${step.hard ?? 'unlimited'}`}`
    case 'nice':
      return `niceness ${step.value}`
  }
}

function limitLines(limits: Limits): string[] {
  const words = Object.entries(limits).map(([name, value]) => `${name} ${limitWords(value)}`)
  return words.length === 0
    ? []
    : [`Limits: ${words.join(', ')}`, '      by cgroup, or by its first process: what can hold them is found when it runs']
}

function limitWords(value: Limits[LimitName]): string {
  if (typeof value !== 'object') return String(value)
  if ('share' in value) return `${value.share} over ${value.periodMs} ms`
  return JSON.stringify(value)
}

function layerWords(layers: readonly string[]): string {
  return layers.length === 0 ? '' : `, with the layers ${layers.join(', ')}`
}

function clockWords({ monotonic, boottime }: { monotonic: string; boottime: string }): string {
  return `monotonic clock ${Number(monotonic) / 1e9} s, boot time ${Number(boottime) / 1e9} s ahead`
}
