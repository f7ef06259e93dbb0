import { describe, expect, test } from 'vitest'
import { explainMissing, remedyFor } from '../../../src/host/explain.ts'
import { hintOf } from '../../../src/host/remedies/remedy.ts'
import type { Restrictions } from '../../../src/host/restrictions.ts'

const open: Restrictions = {
  place: 'host',
  privileged: false,
  isMapped: true,
  mayNotMapRoot: false,
  usersMayNotClone: false,
  limitedToZero: [],
  apparmorRestricts: false,
  apparmorProfile: undefined,
  seccompFilters: 0,
  noNewPrivileges: false,
  procCovers: [],
}
const clone = (errno: string) => ({ syscall: 'clone', errno, message: `clone(CLONE_NEWUSER|CLONE_NEWNET|SIGCHLD, NULL) failed: ${errno}` })
const mount = (type: string, errno: string) => ({
  syscall: 'mount',
  errno,
  message: `mount("${type}", "/x", "${type}", 0, NULL) failed: ${errno}`,
})
const setattr = { syscall: 'mount_setattr', errno: 'ENOSYS', message: 'mount_setattr(AT_FDCWD) failed: ENOSYS' }
const idMap = { errno: 'EPERM', message: 'map-ids: EPERM: operation not permitted, write' }

const hint = (failure: Parameters<typeof remedyFor>[0], host: Partial<Restrictions>) => {
  const remedy = remedyFor(failure, { ...open, ...host })
  return remedy && hintOf(remedy)
}

describe('the cause that fits both the failure and the machine', () => {
  const everyProgram = 'sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0'
  const docker = 'docker run --security-opt seccomp=unconfined --security-opt apparmor=unconfined --security-opt systempaths=unconfined'
  const apparmor = { apparmorRestricts: true }

  test.each<[string, Parameters<typeof remedyFor>[0], Partial<Restrictions>, string]>([
    ['Debian before 11', clone('EPERM'), { usersMayNotClone: true }, 'Run: sudo sysctl -w kernel.unprivileged_userns_clone=1'],
    ['a limit of 0', clone('ENOSPC'), { limitedToZero: ['user'] }, 'Run: sudo sysctl -w user.max_user_namespaces=15000'],
    ['the limit of another kind', clone('ENOSPC'), { limitedToZero: ['ipc', 'net'] }, 'Run: sudo sysctl -w user.max_net_namespaces=15000'],
    ['a limit of 0 in a container', clone('ENOSPC'), { limitedToZero: ['user'], place: 'docker' }, 'Run, outside of it: sudo sysctl'],
    ['a limit that is reached', clone('ENOSPC'), {}, 'The limit of namespaces is reached'],
    ['Ubuntu: ids', idMap, apparmor, everyProgram],
    ['Ubuntu: mounts', mount('tmpfs', 'EACCES'), apparmor, 'npx nsbox doctor --fix prints what mends it'],
    ['Ubuntu on a runner of GitHub', mount('tmpfs', 'EACCES'), { ...apparmor, place: 'github-hosted' }, `Run: ${everyProgram}`],
    ['Docker: its filter', clone('EPERM'), { place: 'docker', seccompFilters: 1 }, `Start it with: ${docker}`],
    [
      "Docker on Ubuntu: the container's own profile",
      mount('tmpfs', 'EACCES'),
      { ...apparmor, place: 'docker', apparmorProfile: 'docker-default (enforce)' },
      docker,
    ],
    [
      'Docker on Ubuntu: unconfined',
      mount('tmpfs', 'EACCES'),
      { ...apparmor, place: 'docker', apparmorProfile: 'unconfined' },
      everyProgram,
    ],
    [
      'Docker: a covered /proc',
      mount('proc', 'EPERM'),
      { place: 'docker', procCovers: ['/proc/acpi'] },
      'docker run --security-opt systempaths=unconfined',
    ],
    ['Docker: root without capabilities', idMap, { place: 'docker', mayNotMapRoot: true }, 'Start it with: docker run --cap-add SETFCAP'],
    ['Kubernetes: root without capabilities', idMap, { place: 'kubernetes', mayNotMapRoot: true }, 'capabilities: { add: [SETFCAP] }'],
    ['a sandbox in a container', clone('EPERM'), { place: 'sandbox', seccompFilters: 2 }, 'a sandbox cannot make sandboxes'],
    ['a group without a mapping', clone('EPERM'), { seccompFilters: 1, isMapped: false }, 'unshare --user --map-user'],
    ['Podman', mount('tmpfs', 'EPERM'), { place: 'podman' }, 'podman run --security-opt seccomp=unconfined'],
    ['Kubernetes', clone('EPERM'), { place: 'kubernetes', seccompFilters: 1 }, 'seccompProfile: { type: Unconfined }'],
    ['a covered /proc', mount('proc', 'EPERM'), { procCovers: ['/proc/a b'] }, "sudo umount --recursive '/proc/a b'"],
    ['a filter', clone('EPERM'), { seccompFilters: 1 }, 'RestrictNamespaces=no'],
    ['an old kernel', setattr, {}, 'nsbox needs Linux 5.12 or later'],
    ['an old kernel of WSL 2', setattr, { place: 'wsl2' }, 'Run, outside of it: wsl.exe --update'],
    ['no overlay', mount('overlay', 'ENODEV'), {}, 'Run: sudo modprobe overlay'],
    ['an overlay that is refused', mount('overlay', 'EINVAL'), {}, 'findmnt -R shows the mounts'],
  ])('%s', (_, failure, host, words) => {
    expect(hint(failure, host)).toContain(words)
  })

  test.each<[string, Parameters<typeof remedyFor>[0], Partial<Restrictions>]>([
    ['root is exempt from AppArmor', mount('tmpfs', 'EACCES'), { ...apparmor, privileged: true }],
    ['a failure of no known cause', mount('tmpfs', 'ENOMEM'), {}],
    ['nothing forbids it', clone('EPERM'), {}],
  ])('no advice: %s', (_, failure, host) => {
    expect(hint(failure, host)).toBeUndefined()
  })
})

test('what is not in force comes with what that means, and what mends it', () => {
  const error = { code: 'ERR_NSBOX_SYSCALL', stage: 'seal' as const, syscall: 'netlink', errno: 'EOPNOTSUPP' }
  const missing = explainMissing({
    protection: 'interface',
    error: { ...error, message: 'netlink("RTM_NEWLINK veth") failed: EOPNOTSUPP' },
  })
  expect(missing).toMatchObject({
    lost: 'the machine has no address besides localhost',
    error: { hint: 'The kernel has no veth interfaces. Run: sudo modprobe veth' },
  })
  const overlay = explainMissing({ protection: 'overlay /home/me', error: { ...error, message: '' } })
  expect(overlay.lost).toBe('nothing is thrown away that is written there')
  expect(explainMissing({ protection: 'bind /etc', error: { ...error, message: '' } })).not.toHaveProperty('lost')
})
