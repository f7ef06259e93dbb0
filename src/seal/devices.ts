// A /dev with the devices that every program expects and no others.

import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { usualDevices } from '../plan/sandbox-plan.ts'
import { close, openPath } from '../sys/descriptor.ts'
import { mountBind, mountDevpts, mountTmpfs } from '../sys/mount.ts'

const links = { fd: '/proc/self/fd', stdin: '/proc/self/fd/0', stdout: '/proc/self/fd/1', stderr: '/proc/self/fd/2', ptmx: 'pts/ptmx' }

/** `nodes` are more devices to let in; `reach` gives a path that leads to the host's /dev. */
export function mountDevices(nodes: readonly string[], reach: (path: string) => string): void {
  // mknod is not allowed in a user namespace; bind mounts of the host's nodes are.
  const held = [...usualDevices, ...nodes].map((name) => ({ name, fd: openPath(reach(`/dev/${name}`)) }))
  mountTmpfs('/dev', { mode: 0o755 })
  for (const { name, fd } of held) {
    mkdirSync(dirname(`/dev/${name}`), { recursive: true })
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
