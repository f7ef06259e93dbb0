// A /dev with the devices that every program expects and no others.

import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { close, openPath } from '../sys/descriptor.ts'
import { mountBind, mountDevpts, mountTmpfs } from '../sys/mount.ts'

const devices = ['null', 'zero', 'full', 'random', 'urandom', 'tty']
const links = { fd: '/proc/self/fd', stdin: '/proc/self/fd/0', stdout: '/proc/self/fd/1', stderr: '/proc/self/fd/2', ptmx: 'pts/ptmx' }

export function mountDevices(): void {
  // mknod is not allowed in a user namespace; bind mounts of the host's nodes are.
  const nodes = devices.map((name) => ({ name, fd: openPath(`/dev/${name}`) }))
  mountTmpfs('/dev', { mode: 0o755 })
  for (const { name, fd } of nodes) {
    writeFileSync(`/dev/${name}`, '')
    mountBind(`/proc/self/fd/${fd}`, `/dev/${name}`)
    close(fd)
  }
  for (const [name, target] of Object.entries(links)) symlinkSync(target, `/dev/${name}`)
  mkdirSync('/dev/pts')
  mountDevpts('/dev/pts')
  mkdirSync('/dev/shm')
  mountTmpfs('/dev/shm', { mode: 0o1777 })
}
