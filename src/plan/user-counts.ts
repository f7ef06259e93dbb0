// Limits of the resources that the kernel counts per user, across all namespaces: a sandbox may take only a part of the caller's.

import type { Resource } from '../sys/resources.ts'
import type { SealStep } from './plan.ts'
import type { RunRequest, SandboxRequest } from './request.ts'
import { step } from './step.ts'

/** Limits by name. A missing one is not limited. */
export interface UserCounts {
  files: Record<string, number>
  resources: Record<string, number>
}

/**
 * Files of /proc/sys/user (namespaces(7)), the same limits below /proc/sys/fs, and the part that one sandbox may take. A program needs
 * one or two instances, and may watch a whole project with them.
 */
export const sharedFiles: Record<string, { everywhere: string; part: number }> = {
  max_inotify_instances: { everywhere: 'inotify/max_user_instances', part: 1 / 4 },
  max_inotify_watches: { everywhere: 'inotify/max_user_watches', part: 1 / 2 },
  max_fanotify_groups: { everywhere: 'fanotify/max_user_groups', part: 1 / 4 },
  max_fanotify_marks: { everywhere: 'fanotify/max_user_marks', part: 1 / 2 },
}

/** Pending signals and timers, and bytes in POSIX queues (getrlimit(2)), with their names in /proc/self/limits. */
export const sharedResources: Partial<Record<Resource, { label: string; part: number }>> = {
  sigpending: { label: 'Max pending signals', part: 1 / 2 },
  msgqueue: { label: 'Max msgqueue size', part: 1 / 2 },
}

export function userCountSteps({ inotify }: SandboxRequest, { limits }: RunRequest, counts: UserCounts): SealStep[] {
  const asked = limits.flatMap((limit) => (limit.do === 'rlimit' ? [limit.resource] : []))
  const files = { ...partsOf(counts.files, sharedFiles), ...(inotify !== undefined && { max_inotify_watches: inotify }) }
  const resources = partsOf(counts.resources, sharedResources, asked)
  if (Object.keys(files).length + Object.keys(resources).length === 0) return []
  return [step('a leak leaves the caller most of what the kernel counts per user', { do: 'user-counts', files, resources })]
}

function partsOf(
  counts: Record<string, number>,
  shared: Record<string, { part: number }>,
  asked: readonly string[] = [],
): Record<string, number> {
  const parts = Object.entries(counts).flatMap(([name, count]): [string, number][] => {
    const part = shared[name]?.part
    return part === undefined || asked.includes(name) ? [] : [[name, Math.max(Math.floor(count * part), Math.min(count, 1))]]
  })
  return Object.fromEntries(parts)
}
