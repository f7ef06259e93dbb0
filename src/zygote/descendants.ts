// Ends a process's descendants where there is no pid namespace whose end would do it.

import { readdirSync, readFileSync } from 'node:fs'

/** Children have to stay below `ancestor`: it is a subreaper (prctl(2), PR_SET_CHILD_SUBREAPER). */
export function killDescendants(ancestor: number): void {
  for (let victims = descendants(ancestor); victims.length > 0; victims = descendants(ancestor)) {
    for (const pid of victims) kill(pid)
  }
}

/** Those that still run: what has ended stays in the list until it is waited for. Parents first: none must go on because a child has ended. */
function descendants(pid: number): number[] {
  const children = childrenOf(pid).filter((child) => !/\) [ZX] [^)]*$/.test(read(`/proc/${child}/stat`)))
  return children.flatMap((child) => [child, ...descendants(child)])
}

/** Of all its threads (proc_pid_task_children(5)). */
function childrenOf(pid: number): number[] {
  const tasks = tasksOf(pid).map((tid) => read(`/proc/${pid}/task/${tid}/children`))
  return tasks.join(' ').split(' ').filter(Boolean).map(Number)
}

function tasksOf(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/task`)
  } catch {
    return [] // it has ended meanwhile
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return '' // it has ended meanwhile
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
