// Mounts an empty file or directory over a path.

import { statSync } from 'node:fs'
import { mountBind, mountSetAttributes, mountTmpfs } from '../sys/mount.ts'

export function mask(target: string): void {
  if (!statSync(target).isDirectory()) return mountBind('/dev/null', target)
  mountTmpfs(target, { mode: 0o555 })
  mountSetAttributes(target, { set: ['MOUNT_ATTR_RDONLY'] })
}
