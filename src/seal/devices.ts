// A /dev with the devices that every program expects and no others.

import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { usualDevices } from '../plan/devices.ts'
import { close, openPath } from '../sys/descriptor.ts'
import { mountBind, mountDevpts, mountSetAttributes, mountTmpfs } from '../sys/mount.ts'
import { makeDirectory } from './mount-point.ts'

const links = { fd: '/proc/self/fd', stdin: '/proc/self/fd/0', stdout: '/proc/self/fd/1', stderr: '/proc/self/fd/2', ptmx: 'pts/ptmx' }

interface Devices {
  /** More to let in. */
  nodes: readonly string[]
  /** A terminal of the host. The new /dev/pts does not have it, and ttyname(3) finds it by another name. */
  console: string | null
}

/** `reach` gives a path that leads to the host's /dev. */
export function mountDevices({ nodes, console }: Devices, reach: (path: string) => string): void {
  // mknod is not allowed in a user namespace; bind mounts of the host's nodes are.
  const sources = [...new Set([...usualDevices, ...nodes])].map((name) => ({ name, path: `/dev/${name}` }))
  if (console !== null) sources.push({ name: 'console', path: console })
  const held = sources.map(({ name, path }) => ({ name, fd: openPath(reach(path)) }))
  makeDirectory('/dev')
  // By this name a sandbox is told from a container (host/place.ts).
  mountTmpfs('/dev', { mode: 0o755, source: 'nsbox' })
  for (const { name, fd } of held) {
    mkdirSync(dirname(`/dev/${name}`), { recursive: true })
    writeFileSync(`/dev/${name}`, '')
    mountBind(`/proc/self/fd/${fd}`, `/dev/${name}`)
    close(fd)
  }
  // An earlier step made the host's tree nodev, and binds inherit that. The tmpfs itself never lets a device be opened, whatever its
  // flags, because a user namespace mounted it (SB_I_NODEV, fs/super.c).
  mountSetAttributes('/dev', { clear: ['MOUNT_ATTR_NODEV'], recursive: true })
  for (const [name, target] of Object.entries(links)) symlinkSync(target, `/dev/${name}`)
  mkdirSync('/dev/pts')
  mountDevpts('/dev/pts')
  mkdirSync('/dev/shm')
  mountTmpfs('/dev/shm', { mode: 0o1777 })
}
