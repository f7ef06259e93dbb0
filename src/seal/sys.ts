// A /sys that shows the sandbox's own network namespace, and no interface of the host's.

import { existsSync, readdirSync, realpathSync, statfsSync } from 'node:fs'
import { dirname } from 'node:path'
import { close } from '../sys/descriptor.ts'
import { cloneTree, mountSysfs, mountTree } from '../sys/mount.ts'
import { SysError } from '../sys/sys-error.ts'
import { mask } from './mask.ts'

const SYSFS_MAGIC = 0x62656572
const cgroups = '/sys/fs/cgroup'

/** What is mounted below the host's is not there any more, but for cgroups: programs read their limits of CPU time and memory there. */
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

/** False where a container covers parts of /sys: then no other may be mounted ("Mount too revealing", mount_too_revealing() in fs/namespace.c). */
function mounted(): boolean {
  try {
    mountSysfs('/sys')
    return true
  } catch (error) {
    if (error instanceof SysError && ['EPERM', 'EACCES'].includes(error.errno ?? '')) return false
    throw error
  }
}

/** Classes of devices that belong to network namespaces. Their entries are links to where the devices are. */
const classes = ['/sys/class/net', '/sys/class/ieee80211']

function hideInterfaces(): void {
  const listed = classes.filter((path) => existsSync(path))
  const devices = listed.flatMap((path) => readdirSync(path).map((name) => dirname(realpathSync(`${path}/${name}`))))
  // Virtual ones that the host makes later would be there too.
  const virtual = ['/sys/devices/virtual/net'].filter((path) => existsSync(path))
  for (const path of new Set([...devices, ...virtual, ...listed])) mask(path)
}
