// Mounts a /sys that shows the interfaces of the sandbox's own network namespace.

import { existsSync, readdirSync, realpathSync, statfsSync } from 'node:fs'
import { dirname } from 'node:path'
import { close } from '../sys/descriptor.ts'
import { cloneTree, mountSysfs, mountTree } from '../sys/mount.ts'
import { SysError } from '../sys/sys-error.ts'
import { mask } from './mask.ts'

const SYSFS_MAGIC = 0x62656572
const cgroups = '/sys/fs/cgroup'

/** Mounts below the host's /sys disappear, except for cgroups: programs read their CPU and memory limits there. */
export function mountSystem(): void {
  if (!existsSync('/sys') || statfsSync('/sys').type !== SYSFS_MAGIC) return
  const tree = existsSync(cgroups) ? cloneTree(cgroups) : undefined
  try {
    if (!mounted()) return hideInterfaces()
    if (tree !== undefined && existsSync(cgroups)) mountTree(tree, cgroups)
  } finally {
    if (tree !== undefined) close(tree)
  }
}

/** Returns false if a container covers parts of /sys: the kernel then allows no other (mount_too_revealing() in fs/namespace.c). */
function mounted(): boolean {
  try {
    mountSysfs('/sys')
    return true
  } catch (error) {
    if (error instanceof SysError && ['EPERM', 'EACCES'].includes(error.errno ?? '')) return false
    throw error
  }
}

/** Device classes that belong to network namespaces. Their entries are links to the devices. */
const classes = ['/sys/class/net', '/sys/class/ieee80211']

function hideInterfaces(): void {
  const listed = classes.filter((path) => existsSync(path))
  const devices = listed.flatMap((path) => readdirSync(path).map((name) => dirname(realpathSync(`${path}/${name}`))))
  // Virtual interfaces that the host makes later appear here.
  const virtual = ['/sys/devices/virtual/net'].filter((path) => existsSync(path))
  for (const path of new Set([...devices, ...virtual, ...listed])) mask(path)
}
