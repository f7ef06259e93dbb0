// The processes below one, where no pid namespace holds them together.

import { readdirSync } from 'node:fs'
import { sendSignal } from './signal.ts'
import { readSmall } from './small-file.ts'

/**
 * Children have to stay below `ancestor`: it is a subreaper (prctl(2), PR_SET_CHILD_SUBREAPER). `reap` takes those that have
 * ended, where they are the caller's: processes that start the next and end pile up, and a list of thousands is read too slowly.
 *
 * One that ends after the ancestor's children were read, and before its own are, has left them to the ancestor unseen. Only
 * what finds the same twice, and nobody who runs, has seen all: who had ended before has no children any more.
 */
export function killDescendants(ancestor: number, reap: () => unknown = () => undefined): void {
  let before: string | undefined
  for (;;) {
    const { seen, ran } = killBelow(ancestor)
    reap()
    const found = ran ? undefined : seen.join()
    if (found !== undefined && found === before) return
    before = found
  }
}

/** Parents first, none must go on because a child has ended; and each at once, before it starts the next. */
function killBelow(pid: number): { seen: number[]; ran: boolean } {
  const all: { seen: number[]; ran: boolean } = { seen: [], ran: false }
  for (const child of childrenOf(pid)) {
    const ran = runs(child)
    sendSignal(child, 'SIGKILL')
    const below = killBelow(child)
    all.seen.push(child, ...below.seen)
    all.ran ||= ran || below.ran
  }
  return all
}

/** Parents first. What has ended stays in the list until it is waited for. */
export function descendants(pid: number): number[] {
  return childrenOf(pid).flatMap((child) => [child, ...descendants(child)])
}

/** The first thread may end before the others (pthread_exit(3)). */
function runs(pid: number): boolean {
  return !/\) [ZX] [^)]*$/.test(readSmall(`/proc/${pid}/stat`)) || tasksOf(pid).length > 1
}

/** Of all its threads (proc_pid_task_children(5)). */
export function childrenOf(pid: number): number[] {
  const tasks = tasksOf(pid).map((tid) => readSmall(`/proc/${pid}/task/${tid}/children`))
  return tasks.join(' ').split(' ').filter(Boolean).map(Number)
}

/** Thread ids of a process; none when it has ended. */
export function tasksOf(pid: number): number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).map(Number)
  } catch {
    return []
  }
}
