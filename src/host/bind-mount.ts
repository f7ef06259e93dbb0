// What a path of the host is let in as.

import { statSync } from 'node:fs'
import { isWithin } from '../plan/paths.ts'
import type { BindMount } from '../plan/request.ts'

/** Whoever names a device, or a directory below /dev, means devices. In any other directory they stay closed. `source` is a real path. */
export function bindMount(source: string, target: string, writable: boolean): BindMount {
  const stats = statSync(source)
  const devices = stats.isCharacterDevice() || stats.isBlockDevice() || (stats.isDirectory() && isWithin(source, '/dev'))
  return { kind: 'bind', source, target, writable, ...(devices && { devices }) }
}
