// The cgroup of one sandbox.

import { closeSync, constants, openSync, readFileSync, rmdirSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { NsboxError } from '../errors.ts'
import type { CgroupWrite } from '../plan/limit-plan.ts'
import { holds } from './in-force.ts'
import { readFlatKeyed, writeValue } from './interface-files.ts'
import { type CgroupUsage, usageOf } from './usage.ts'

export class Leaf {
  readonly path: string
  /** Its directory, for clone3(2). */
  readonly fd: number

  /** `path` is a cgroup that nothing else uses. */
  constructor(path: string) {
    this.path = path
    this.fd = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY)
  }

  /** Sets a limit and reads it back. @throws NsboxError ERR_NSBOX_LIMIT when the kernel refuses it or holds another value */
  write({ limit, file, value }: CgroupWrite): void {
    try {
      writeValue(this.path, file, value)
    } catch (error) {
      // A kernel that cannot swap has nothing to limit.
      if (file === 'memory.swap.max' && (error as NodeJS.ErrnoException).code === 'ENOENT' && !canSwap()) return
      throw refused(limit, file, value, error as NodeJS.ErrnoException)
    }
    const held = holds(this.path, file, value)
    if (held === true) return
    throw new NsboxError(`${limit}: ${file} was set to ${value}, and the kernel holds ${held}`, {
      code: 'ERR_NSBOX_NOT_IN_FORCE',
      stage: 'launch',
    })
  }

  /** What its processes have used, those that have ended too. */
  usage(): CgroupUsage {
    return usageOf(this.path)
  }

  freeze(): Promise<void> {
    return this.#setFrozen(1)
  }

  thaw(): Promise<void> {
    return this.#setFrozen(0)
  }

  /** The kernel freezes one process after the other; cgroup.events tells when all are. */
  async #setFrozen(frozen: 0 | 1): Promise<void> {
    writeValue(this.path, 'cgroup.freeze', String(frozen))
    for (;;) {
      const events = readFlatKeyed(this.path, 'cgroup.events')
      if (!events?.['populated'] || events['frozen'] === frozen) return
      await sleep(1)
    }
  }

  /** SIGKILL for everything in it at once, whatever it forks meanwhile (Linux 5.14). False where the kernel cannot. */
  kill(): boolean {
    try {
      writeValue(this.path, 'cgroup.kill', '1')
      return true
    } catch {
      return false
    }
  }

  /** Ends what is left in it. @throws NsboxError when it cannot be removed */
  async remove(): Promise<void> {
    closeSync(this.fd)
    // A process that was killed stays in it until it has left the kernel.
    for (let wait = 1; ; wait *= 2) {
      try {
        return rmdirSync(this.path)
      } catch (error) {
        const { code, message } = error as NodeJS.ErrnoException
        if (code === 'ENOENT') return
        if (code !== 'EBUSY' || wait > 4096) {
          throw new NsboxError(`The cgroup of a sandbox cannot be removed: ${message}`, {
            code: 'ERR_NSBOX_CGROUP',
            stage: 'launch',
            errno: code,
          })
        }
      }
      this.kill()
      await sleep(wait)
    }
  }
}

/** The first line is a heading (proc_swaps(5)). */
function canSwap(): boolean {
  return readFileSync('/proc/swaps', 'utf8').trimEnd().includes('\n')
}

const reasons: Record<string, string> = {
  ENOENT: 'its controller is not switched on here',
  EACCES: 'this user may not write it',
  EPERM: 'this user may not write it',
  ENODEV: 'there is no such device',
  EINVAL: 'the kernel takes no such value',
  ERANGE: 'the kernel takes no such value',
  ENOSPC: 'no processor would be left',
}

function refused(limit: string, file: string, value: string, { code, message }: NodeJS.ErrnoException): NsboxError {
  const why = (code && reasons[code]) || message
  return new NsboxError(`${limit}: ${file} cannot be set to ${value}: ${why} (${code})`, {
    code: 'ERR_NSBOX_LIMIT',
    stage: 'launch',
    errno: code,
  })
}
