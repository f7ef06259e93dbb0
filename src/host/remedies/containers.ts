// Where a container, or another sandbox around this process, forbids what a seal needs.

import { shellWord } from '../../quoted.ts'
import type { Place } from '../place.ts'
import type { Remedy } from './remedy.ts'

const docker = ['seccomp=unconfined', 'apparmor=unconfined', 'systempaths=unconfined']
/** Podman's word for systempaths is unmask, and SELinux's label forbids mounts too (podman-run(1)). */
const podman = ['seccomp=unconfined', 'apparmor=unconfined', 'unmask=ALL', 'label=disable']

const options = (words: readonly string[]) => words.map((word) => `--security-opt ${word}`).join(' ')

export function loosenContainer(place: Place): Remedy {
  const why = 'The container forbids namespaces or mounts'
  const where = 'outside'
  switch (place) {
    case 'sandbox':
      return leaveSandbox()
    case 'podman':
      return { why, where, commands: [`podman run ${options(podman)}`] }
    case 'kubernetes':
      return {
        why,
        where,
        commands: [],
        note:
          'The pod needs hostUsers: false, and its container securityContext: { seccompProfile: { type: Unconfined }, ' +
          'appArmorProfile: { type: Unconfined }, procMount: Unmasked }.',
      }
    case 'docker':
      return {
        why,
        where,
        commands: [`docker run ${options(docker)}`],
        note: `In a job of GitHub Actions: container: { options: ${options(docker)} }. In a compose file: security_opt.`,
      }
    default:
      return {
        why,
        where,
        commands: [],
        note: 'Start it without a system call filter, without AppArmor and without hiding parts of /proc.',
      }
  }
}

export function uncoverProc(place: Place, covers: readonly string[]): Remedy {
  if (place === 'sandbox') return leaveSandbox()
  const why = 'The container covers parts of /proc, and then no other /proc may be mounted'
  if (place === 'docker') return { why, commands: [`docker run ${options(['systempaths=unconfined'])}`], where: 'outside' }
  if (place === 'podman') return { why, commands: [`podman run ${options(['unmask=ALL'])}`], where: 'outside' }
  if (place === 'kubernetes' || place === 'container') return { ...loosenContainer(place), why }
  return {
    why: `Mounts hide parts of /proc (${covers.join(', ')}), and then no other /proc may be mounted`,
    where: 'here',
    commands: covers.map((path) => `sudo umount --recursive ${shellWord(path)}`),
    note: 'Whatever mounted them wanted something hidden: a sandbox around this process cannot be opened from the inside.',
  }
}

export function leaveSandbox(): Remedy {
  return {
    why: 'This process is in a sandbox of nsbox, and a sandbox cannot make sandboxes',
    where: 'outside',
    commands: [],
    note: 'Start nsbox outside of it.',
  }
}

/** Linux 5.12: who maps root must have had that power when the namespace was made (user_namespaces(7)). */
export function mapRoot(place: Place): Remedy {
  const why = 'Root cannot be mapped without CAP_SETFCAP, which this process lacks'
  if (place === 'docker' || place === 'podman')
    return { why, commands: [`${place} run --cap-add SETFCAP`], where: 'outside', note: `Or as another user: ${place} run --user 1000.` }
  const note =
    place === 'kubernetes'
      ? "The container's securityContext needs capabilities: { add: [SETFCAP] }, or runAsUser: 1000."
      : 'Start nsbox with it, or as another user than root.'
  return { why, commands: [], where: 'outside', note }
}

export function mountOwnProc(): Remedy {
  return {
    why: '/proc belongs to another pid namespace, so processes cannot find themselves in it',
    commands: ['mount -t proc proc /proc'],
    where: 'here',
    note: 'As root of that namespace; unshare does it with --mount-proc.',
  }
}

export function leaveFilter(): Remedy {
  return {
    why: 'A system call filter around this process forbids namespaces or mounts',
    where: 'outside',
    commands: [],
    note:
      'Start nsbox outside of the sandbox or service that set it: a sandbox of nsbox cannot make sandboxes, ' +
      'and a systemd unit needs RestrictNamespaces=no and no SystemCallFilter=.',
  }
}
