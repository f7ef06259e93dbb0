// Reads how much this caller may have of the resources that the kernel counts per user. Changes nothing.

import { readFileSync } from 'node:fs'
import { sharedFiles, sharedResources, type UserCounts } from '../plan/user-counts.ts'
import { readSysctl } from './restrictions.ts'

/** Leaves out unlimited resources, and fanotify(7) on kernels before 5.13, which do not limit it. */
export function userCounts(): UserCounts {
  const limits = readFileSync('/proc/self/limits', 'utf8')
  return {
    files: numbers(Object.entries(sharedFiles).map(([name, { everywhere }]) => [name, least(`user/${name}`, `fs/${everywhere}`)])),
    resources: numbers(Object.entries(sharedResources).map(([name, { label }]) => [name, hardLimit(limits, label)])),
  }
}

/** A limit of this user namespace, and the machine's own: the smaller one holds (namespaces(7)). */
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
