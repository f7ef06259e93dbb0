// What /proc says about the processes below one.

import { readdirSync, readFileSync } from 'node:fs'

export interface Memory {
  /** KiB: shared pages divided among those who share them. */
  pss: number
  privateDirty: number
  privateClean: number
}

export interface ProcessInfo {
  pid: number
  parent: number
  command: string
}

/** Every process below `pid`, parents first. */
export function descendants(pid: number): ProcessInfo[] {
  return children(pid).flatMap((child) => [
    { pid: child, parent: pid, command: readFileSync(`/proc/${child}/cmdline`, 'utf8').replaceAll('\0', ' ').trim() },
    ...descendants(child),
  ])
}

function children(pid: number): number[] {
  const tasks = readdirSync(`/proc/${pid}/task`)
  return tasks.flatMap((task) => readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').split(' ').filter(Boolean).map(Number))
}

/** proc_pid_smaps(5), rolled up. */
export function memoryOf(pids: number[]): Memory {
  const sum = { pss: 0, privateDirty: 0, privateClean: 0 }
  for (const pid of pids) {
    const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8')
    const field = (name: string) => Number(new RegExp(`^${name}: +(\\d+) kB$`, 'm').exec(text)?.[1] ?? 0)
    sum.pss += field('Pss')
    sum.privateDirty += field('Private_Dirty')
    sum.privateClean += field('Private_Clean')
  }
  return sum
}
