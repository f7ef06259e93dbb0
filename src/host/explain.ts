// From a seal that failed to the fact behind it and the command that mends it here.

import { existsSync, readFileSync } from 'node:fs'
import type { NsboxError } from '../errors.ts'

/** The same error, with a hint that fits this machine. */
export function explainSealFailure(error: NsboxError): NsboxError {
  return error.withHint(error.hint ?? hintFor(error))
}

function hintFor({ syscall, errno, message }: NsboxError): string | undefined {
  if (syscall === undefined) return undefined
  const denied = errno === 'EPERM' || errno === 'EACCES'
  if (readSysctl('kernel/unprivileged_userns_clone') === '0') {
    return 'User namespaces are off for ordinary users. Run: sudo sysctl -w kernel.unprivileged_userns_clone=1'
  }
  if (readSysctl('user/max_user_namespaces') === '0') {
    return 'The limit of user namespaces is 0. Run: sudo sysctl -w user.max_user_namespaces=15000'
  }
  if (syscall === 'clone' && errno === 'ENOSPC') {
    return 'The limit of namespaces is reached. Run: sudo sysctl -w user.max_user_namespaces=15000'
  }
  if (denied && readSysctl('kernel/apparmor_restrict_unprivileged_userns') === '1') {
    return 'AppArmor takes all power from user namespaces of ordinary users. Run: sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0'
  }
  if (denied && inContainer() && /"proc"/.test(message)) {
    return 'The container covers parts of /proc, and then no other /proc may be mounted. Start it with: docker run --security-opt systempaths=unconfined'
  }
  if (denied && inContainer()) {
    return 'The container forbids namespaces or mounts. Start it with: docker run --security-opt seccomp=unconfined --security-opt apparmor=unconfined --security-opt systempaths=unconfined'
  }
  if (syscall === 'mount_setattr' && errno === 'ENOSYS')
    return 'nsbox needs Linux 5.12 or later, or a seccomp profile that knows mount_setattr.'
  if (errno === 'EINVAL' && /"overlay"/.test(message)) {
    return 'The directory may hold another mount, lie on a second overlay, or the kernel may be older than 5.11. findmnt -R shows the mounts.'
  }
  return undefined
}

function readSysctl(name: string): string | undefined {
  const path = `/proc/sys/${name}`
  return existsSync(path) ? readFileSync(path, 'utf8').trim() : undefined
}

function inContainer(): boolean {
  return existsSync('/.dockerenv') || existsSync('/run/.containerenv')
}
