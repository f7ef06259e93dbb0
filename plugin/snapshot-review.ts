// vitest 5 offers to accept failed snapshots in watch mode, one by one. Its main process then makes the change that the worker has
// named with the error, and runs the snapshots that are there.

import { existsSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { type MirrorPlaces, mirrorPlace } from './mirror-place.ts'
import { realLocation } from './places.ts'
import { isRecord } from './shapes.ts'
import type { SnapshotOwners } from './snapshot-owners.ts'
import { isSnapshotData } from './snapshot-text.ts'

/** Where vitest has the change: `meta.update` of it. */
const context = '__vitest_error_context__'

/** Takes the changes out of errors that vitest would not have named: they cannot be accepted. */
export function dropForgedChanges(errors: unknown, places: MirrorPlaces, owners: SnapshotOwners): void {
  if (!Array.isArray(errors)) return
  for (const error of errors) {
    const named = isRecord(error) ? error[context] : undefined
    const meta = isRecord(named) ? named['meta'] : undefined
    const change = isRecord(meta) ? meta['update'] : undefined
    if (change !== undefined && !isRight(change, places, owners)) delete error[context]
  }
}

function isRight(change: unknown, places: MirrorPlaces, owners: SnapshotOwners): boolean {
  if (!isRecord(change) || typeof change['file'] !== 'string') return false
  const { type, file, assertionName = 'toMatchInlineSnapshot' } = change
  try {
    if (mayTurn(file, places)) return false
    if (type === 'file') return owners.areOwn(file) && holdsData(file)
    const isTest = owners.isTest(file)
    mirrorPlace(places, file, isTest ? 'test' : 'nobody')
    if (type === 'inline') return isTest || /InlineSnapshot$/.test(String(assertionName))
    // Another file's snapshots are not changed as a whole.
    return type === 'raw' && !(file.endsWith('.snap') && holdsData(file))
  } catch {
    return false
  }
}

/** True where a sandbox could put a link into the way until vitest writes there. */
function mayTurn(path: string, places: MirrorPlaces): boolean {
  return places.isShared(realLocation(path)) || (dirname(path) !== path && mayTurn(dirname(path), places))
}

function holdsData(file: string): boolean {
  return !existsSync(file) || isSnapshotData(readFileSync(file, 'utf8'))
}
