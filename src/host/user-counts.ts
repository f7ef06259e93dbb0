// How many of what the kernel counts for each user this caller may have. Reads; changes nothing.

import { readFileSync } from 'node:fs'
import { sharedFiles, sharedResources, type UserCounts } from '../plan/user-counts.ts'
import { readSysctl } from './restrictions.ts'

/** Kernels before 5.13 have no limits of fanotify(7); unlimited resources are left out. */
export function userCounts(): UserCounts {
  const limits = readFileSync('/proc/self/limits', 'utf8')
  return {
    files: numbers(Object.entries(sharedFiles).map(([name, { everywhere }]) => [name, least(`user/${name}`, `fs/${everywhere}`)])),
    resources: numbers(Object.entries(sharedResources).map(([name, { label }]) => [name, hardLimit(limits, label)])),
  }
}

/** In a user namespace the first holds for all of it, and the second for the machine (namespaces(7)). */
function least(...names: string[]): number | undefined {
  const found = names.map(readSysctl).filter((text) => text !== undefined)
  return found.length === 0 ? undefined : Math.min(...found.map(Number))
}

function hardLimit(limits: string, label: string): number | undefined {
  const hard = new RegExp(`^${label} +\\S+ +(\\d+) `, 'm').exec(limits)?.[1]
  return hard === undefined ? undefined : Number(hard)
}

function numbers(entries: [string, number | undefined][]): Record<string, number> {
  return Object.fromEntries(entries.filter((entry): entry is [string, number] => entry[1] !== undefined))
}
