// A number for each worker that runs, unique on the machine: for a database, a port or an account of its own.

import { close } from '../src/sys/descriptor.ts'
import { holdName } from '../src/sys/socket.ts'

export interface WorkerNumber {
  /** From 1. */
  value: number
  /** When nothing of the worker runs any more. */
  release(): void
}

/** Those of this process, so that the kernel need not be asked for them. */
const held = new Set<number>()

/** The smallest that no worker of this user has, in whatever vitest process. */
export function takeWorkerNumber(): WorkerNumber {
  for (let value = 1; ; value++) {
    if (held.has(value)) continue
    const fd = holdName(`nsbox-${process.getuid?.()}-worker-${value}`)
    if (fd === undefined) continue
    held.add(value)
    return {
      value,
      release: () => {
        held.delete(value)
        close(fd)
      },
    }
  }
}
