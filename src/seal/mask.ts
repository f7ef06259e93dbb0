// Hides what is at a path: an empty file or directory is mounted over it.

import { statSync } from 'node:fs'
import { mountBind, mountSetAttributes, mountTmpfs } from '../sys/mount.ts'

export function mask(target: string): void {
  if (!statSync(target).isDirectory()) return mountBind('/dev/null', target)
  mountTmpfs(target, { mode: 0o555 })
  mountSetAttributes(target, { set: ['MOUNT_ATTR_RDONLY'] })
}
