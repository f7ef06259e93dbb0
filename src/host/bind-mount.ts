// Makes the bind mount for a path of the host.

import { statSync } from 'node:fs'
import { isWithin } from '../plan/paths.ts'
import type { BindMount } from '../plan/request.ts'

/** Devices can be opened only if the path is one, or a directory below /dev. `source` is a real path. */
export function bindMount(source: string, target: string, writable: boolean): BindMount {
  const stats = statSync(source)
  const devices = stats.isCharacterDevice() || stats.isBlockDevice() || (stats.isDirectory() && isWithin(source, '/dev'))
  return { kind: 'bind', source, target, writable, ...(devices && { devices }) }
}
