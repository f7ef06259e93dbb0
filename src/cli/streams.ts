// What this command was given as standard streams, and may not pass on.

import { fstatSync } from 'node:fs'
import { NsboxError } from '../errors.ts'

/** Through an open directory all of its file system can be reached (openat(2)), past every mount of the sandbox. @throws NsboxError ERR_NSBOX_CONFIG */
export function refuseDirectories(): void {
  const stream = ['stdin', 'stdout', 'stderr'].find((_, fd) => isDirectory(fd))
  if (stream === undefined) return
  const message = `${stream} is a directory, and the command could reach the host's files through it`
  throw new NsboxError(message, { code: 'ERR_NSBOX_CONFIG', stage: 'config' })
}

function isDirectory(fd: number): boolean {
  try {
    return fstatSync(fd).isDirectory()
  } catch {
    return false // it is closed
  }
}
