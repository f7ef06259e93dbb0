// How the kernel shares processors among threads (sched(7)).

import { NsboxError } from '../errors.ts'
import { addressOf } from './libc.ts'
import { syscall } from './syscall.ts'

/** SCHED_* of linux/sched.h. */
const policies = { SCHED_OTHER: 0, SCHED_BATCH: 3, SCHED_IDLE: 5 }
type Policy = keyof typeof policies

/**
 * Of one thread; 0 is this one. It is read back. musl has no sched_setscheduler(2), which works on threads where POSIX has processes.
 * @throws SysError
 */
export function setSchedulingPolicy(policy: Policy, tid = 0): void {
  const param = Buffer.alloc(4) // struct sched_param: these policies have no priority
  syscall('sched_setscheduler', [tid, policies[policy], addressOf(param)], [tid, policy])
  const held = syscall('sched_getscheduler', [tid])
  if (held === policies[policy]) return
  throw new NsboxError(`The scheduling policy of thread ${tid} was set to ${policy}, and the kernel holds ${held}`, {
    code: 'ERR_NSBOX_NOT_IN_FORCE',
    stage: 'payload',
  })
}
