// The processes below one, where no pid namespace holds them together.

import { readdirSync } from 'node:fs'
import { sendSignal } from './signal.ts'
import { readSmall } from './small-file.ts'

/** Children have to stay below `ancestor`: it is a subreaper (prctl(2), PR_SET_CHILD_SUBREAPER). */
export function killDescendants(ancestor: number): void {
  for (let victims = running(ancestor); victims.length > 0; victims = running(ancestor)) {
    for (const pid of victims) sendSignal(pid, 'SIGKILL')
  }
}

/** Parents first. What has ended stays in the list until it is waited for. */
export function descendants(pid: number): number[] {
  return childrenOf(pid).flatMap((child) => [child, ...descendants(child)])
}

/** Parents first: none must go on because a child has ended. */
function running(ancestor: number): number[] {
  return descendants(ancestor).filter((pid) => !/\) [ZX] [^)]*$/.test(readSmall(`/proc/${pid}/stat`)))
}

/** Of all its threads (proc_pid_task_children(5)). */
function childrenOf(pid: number): number[] {
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
