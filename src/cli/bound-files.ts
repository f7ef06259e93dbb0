// Files that were let in for writing, and that the command seems to have wanted to replace: what is mounted at cannot be (rename(2), EBUSY).

import { type BigIntStats, readdirSync, statSync } from 'node:fs'
import { basename, dirname, relative } from 'node:path'
import type { UpperLayer } from '../changes/changed.ts'
import { innermost } from '../plan/paths.ts'
import type { SandboxPlan } from '../plan/plan.ts'

interface BoundFile {
  source: string
  target: string
}

export function boundFiles({ steps }: SandboxPlan): BoundFile[] {
  return steps.flatMap((step) => {
    const isFile = step.do === 'bind' && step.writable && statSync(step.source, { throwIfNoEntry: false })?.isFile()
    return isFile ? [{ source: step.source, target: step.target }] : []
  })
}

/** Those that are as they were, though something was made beside them as tools do that save to a new file first. */
export function unreplaced(files: readonly BoundFile[], layers: readonly UpperLayer[], startedMs: number): string[] {
  return files
    .filter(({ source, target }) => statSync(source).ctimeMs < startedMs && hasNewFile(target, layers))
    .map(({ target }) => target)
}

/** Left there, by a name like its own; or gone again, and nothing else tells why the directory has changed. */
function hasNewFile(target: string, layers: readonly UpperLayer[]): boolean {
  const directory = dirname(target)
  const overlay = innermost(
    layers.map((layer) => layer.target),
    directory,
  )
  const layer = layers.find((one) => one.target === overlay)
  if (!layer) return false
  const upper = `${layer.upper}/${relative(layer.target, directory)}`
  try {
    const names = readdirSync(upper).filter((name) => name !== basename(target))
    return names.length === 0 ? hasChanged(statSync(upper, { bigint: true })) : names.some((name) => name.includes(basename(target)))
  } catch {
    // Nothing was made in it, or it is closed by now.
    return false
  }
}

/** A directory that an overlay copies keeps its times, and one that nsbox makes is as old as its last change. */
function hasChanged({ mtimeNs, birthtimeNs }: BigIntStats): boolean {
  return mtimeNs > birthtimeNs
}
