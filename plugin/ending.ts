// Words for how a worker ended when nobody asked it to.

import { readFileSync } from 'node:fs'
import { relative } from 'node:path'
import { type ErrorData, errorFromData, NsboxError } from '../src/errors.ts'
import { describeCap } from '../src/launch/describe-cap.ts'
import { quoted } from '../src/quoted.ts'
import type { WorkerEnd } from './workers.ts'

export interface EndingContext {
  root: string
  files: readonly string[]
  /** What it was doing: `in test 'suite > parses'`. */
  place: string
  /** The newest of what the worker wrote to stderr. */
  stderr: string
  /** Whether the kernel's out-of-memory killer ran while the worker did. */
  oomKilled: boolean
}

/** Its code is that of what was ended around the worker, where that was so: then no test of its did it. */
export function endingError(end: WorkerEnd, context: EndingContext): NsboxError {
  const files = context.files.map((file) => quoted(relative(context.root, file))).join(', ') || 'A worker'
  const cause = describeCause(end, context)
  const around = endAround(end)
  return new NsboxError(`${files}: ${cause}`, {
    code: around?.code ?? 'ERR_NSBOX_WORKER_ENDED',
    stage: around?.stage ?? 'payload',
    ...(!end.capHit && { hint: end.error?.hint, cause: end.error && errorFromData(end.error) }),
  })
}

/** Init and zygote are out of the reach of what runs inside (pid_namespaces(7)), and take the worker with them (PR_SET_PDEATHSIG). */
function endAround({ error, capHit }: WorkerEnd): ErrorData | undefined {
  return !capHit && (error?.code === 'ERR_NSBOX_INIT_KILLED' || error?.code === 'ERR_NSBOX_ZYGOTE') ? error : undefined
}

const duringOomKill = "while the kernel's out-of-memory killer ran"

const signalWords: Record<string, string> = {
  SIGSEGV: 'segmentation fault',
  SIGABRT: 'abort',
  SIGBUS: 'bus error',
  SIGILL: 'illegal instruction',
  SIGFPE: 'arithmetic error',
}

function describeCause(end: WorkerEnd, { stderr, oomKilled, place }: EndingContext): string {
  const { signal, exitCode, error, capHit } = end
  const there = place && ` ${place}`
  if (capHit) return `${describeCap(capHit)}${there}`
  const around = endAround(end)
  if (around) return `the worker was killed with its sandbox${oomKilled ? ` ${duringOomKill}` : ''}: ${around.message}`
  if (/heap out of memory|Allocation failed - process out of memory/.test(stderr))
    return `the worker ran out of V8 heap memory${there} and was ended by ${signal ?? `exit code ${exitCode}`}`
  if (signal === 'SIGKILL' && oomKilled) return `the worker was killed by SIGKILL${there} ${duringOomKill}`
  if (signal) return `the worker was ended by ${signal}${signalWords[signal] ? ` (${signalWords[signal]})` : ''}${there}`
  if (error && exitCode === null) return `the worker could not be started: ${error.message}`
  return `the worker ended with exit code ${exitCode}${there || ' before its tests did'}`
}

/** How often the kernel has killed for memory since it booted (proc_vmstat(5), oom_kill). */
export function oomKills(): number {
  return Number(/^oom_kill (\d+)$/m.exec(readFileSync('/proc/vmstat', 'utf8'))?.[1] ?? 0)
}
