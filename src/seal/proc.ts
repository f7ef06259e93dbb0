// A /proc of the sandbox's own pid namespace.

import { existsSync } from 'node:fs'
import { mountBind, mountProc, mountSetAttributes } from '../sys/mount.ts'
import { makeDirectory } from './mount-point.ts'

/**
 * Writable by the uid that is root outside, whatever its capabilities, and not part of any
 * namespace (proc(5)): a sandbox started by root could change the host through them.
 */
const hostWide = ['/proc/sys', '/proc/sysrq-trigger', '/proc/irq', '/proc/bus', '/proc/fs']

export function mountProcess(): void {
  makeDirectory('/proc')
  mountProc('/proc')
  for (const path of hostWide) {
    if (!existsSync(path)) continue
    mountBind(path, path)
    mountSetAttributes(path, { set: ['MOUNT_ATTR_RDONLY'] })
  }
}
