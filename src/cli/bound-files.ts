// Detects a command that failed to replace a bound file. A file that is a mount point cannot be renamed over (rename(2), EBUSY).

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

/** Returns the bound files that are unchanged although the command made a new file beside them, as tools do that save by rename. */
export function unreplaced(files: readonly BoundFile[], layers: readonly UpperLayer[], startedMs: number): string[] {
  return files
    .filter(({ source, target }) => statSync(source).ctimeMs < startedMs && hasNewFile(target, layers))
    .map(({ target }) => target)
}

/** True when a file with a similar name is still there, or when the directory has changed and nothing in it explains that. */
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
    // The command made nothing in it, or took its own permission to read it.
    return false
  }
}

/** A directory that an overlay copies up keeps its mtime; the root of an upper is created with mtime and birth time the same. */
function hasChanged({ mtimeNs, birthtimeNs }: BigIntStats): boolean {
  return mtimeNs > birthtimeNs
}
