// Where file systems are mounted (proc_pid_mountinfo(5)).

import { readFileSync } from 'node:fs'

export interface MountPoint {
  path: string
  /** The directory of its file system that is seen there. */
  root: string
  type: string
  /** `MAJOR:MINOR` of the file system. Several mounts may show the same one. */
  device: string
  /** What was mounted: a device, or a name. */
  source: string
}

export function mountPoints(mountinfo: string = readFileSync('/proc/self/mountinfo', 'utf8')): MountPoint[] {
  const lines = mountinfo.trimEnd().split('\n')
  return lines.map((line) => {
    const [before = '', after = ''] = line.split(' - ')
    const [, , device = '', root = '/', path = '/'] = before.split(' ')
    const [type = '', source = ''] = after.split(' ')
    return { path: decodeOctal(path), root: decodeOctal(root), type, device, source: decodeOctal(source) }
  })
}

/** A space is written \\040. */
function decodeOctal(field: string): string {
  if (!field.includes('\\')) return field
  return field.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)))
}
