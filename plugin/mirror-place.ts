// Where a worker may write on the host: snapshots and results of benchmarks, in the workspace. Not what the host runs.

import { existsSync, lstatSync, type Stats } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { NsboxError } from '../src/errors.ts'
import { isWithin } from '../src/plan/paths.ts'
import { quoted, singleQuoted } from '../src/quoted.ts'
import { readReal, removeReal, writeReal } from '../src/sys/real-file.ts'
import { type Executed, shadowedFile } from './executed-files.ts'
import { isOfRepository } from './git-layout.ts'
import type { SnapshotUpdate } from './messages.ts'
import { realLocation } from './places.ts'
import { isInRunDirectory, isRunName } from './run-names.ts'
import type { Owner } from './snapshot-owners.ts'
import { addsInlineSnapshots, isSnapshotData } from './snapshot-text.ts'

export interface MirrorPlaces {
  workspaces: readonly string[]
  /** Asked only where it matters. */
  executed: () => Executed
  /** True for a real path where the sandbox has written the host's own file: the user has let it in there, whatever its name. */
  isShared(path: string): boolean
}

export interface Mirrored extends MirrorPlaces {
  update: SnapshotUpdate
  owner: Owner
}

/**
 * Does to a snapshot of the host what was done inside. Answers its real path.
 * @throws NsboxError ERR_NSBOX_MIRROR for a place that no test may write to, and for what vitest would not write in this run
 */
export function mirrorFile(mirrored: Mirrored, path: string, content: Uint8Array | null): string {
  const { owner } = mirrored
  const real = mirrorPlace(mirrored, path, owner)
  if (mirrored.isShared(real)) return real
  if (owner === 'another') throw refused(`A worker cannot save snapshots of another test file: ${quoted(path)}`, forged)
  if (!mayChange(mirrored, real, content)) {
    throw refused(`A snapshot cannot be saved in a run that does not update it: ${quoted(path)}`, 'vitest -u updates snapshots.')
  }
  if (content === null) {
    removeReal(real)
    return real
  }
  if (owner === 'snapshots' && !isSnapshotData(textOf(content))) {
    throw refused(`A file of snapshots cannot be saved with something else in it: ${quoted(path)}`, forged)
  }
  writeReal(real, content)
  return real
}

const forged = 'A test has written to the channel between vitest and its worker, or has changed what vitest sends.'

/** As vitest does: a new run adds, and `-u` changes and removes. */
function mayChange({ update, owner }: Mirrored, real: string, content: Uint8Array | null): boolean {
  const isOwn = owner !== 'nobody'
  if (update === 'none') return false
  if (content === null) return update === 'all' && isOwn && owner !== 'test'
  if (update === 'all' || isOwn || !existsSync(real)) return true
  // A helper of tests has inline snapshots as well.
  return addsInlineSnapshots(readReal(real), textOf(content))
}

function textOf(content: Uint8Array): string {
  return Buffer.from(content.buffer, content.byteOffset, content.byteLength).toString()
}

/** The real path of what is to be written. @throws NsboxError ERR_NSBOX_MIRROR for a place that no test may write to */
export function mirrorPlace({ workspaces, executed, isShared }: MirrorPlaces, path: string, owner: Owner): string {
  const real = realLocation(resolve(path))
  if (isShared(real)) return real
  const orLetIn = `or let its directory in: allow: [${singleQuoted(`${dirname(real)}:rw`)}]`
  const workspace = workspaces.find((directory) => isWithin(real, directory))
  if (workspace === undefined) {
    const hint = `Snapshots are kept below ${workspaces.map(quoted).join(', ')}. Name a larger directory by the option workspace, ${orLetIn}`
    throw refused(`A snapshot outside the workspace cannot be saved: ${quoted(path)}`, hint)
  }
  const names = real.slice(workspace.length + 1).split('/')
  const stats = lstatSync(real, { throwIfNoEntry: false })
  // These two have names and places of the config's choice.
  const isChosen = owner === 'snapshots' || owner === 'test'
  if (isInRunDirectory(names) || isUnusual(stats) || (!isChosen && (isProgram(stats) || isRunName(names)))) {
    const hint = `Give it a name that ends with .snap, put it into a directory called __snapshots__, ${orLetIn}`
    throw refused(`A snapshot cannot be saved where programs of the host look for what they run: ${quoted(path)}`, hint)
  }
  if (isOfRepository(real, workspace)) {
    const hint = `A directory with HEAD, objects and refs is a repository, and git runs what its config names. Give the snapshot another name, ${orLetIn}`
    throw refused(`A snapshot cannot be saved where git would find a repository: ${quoted(path)}`, hint)
  }
  if (owner !== 'snapshots') refuseExecuted(path, real, executed())
  return real
}

function refuseExecuted(path: string, real: string, executed: Executed): void {
  if (executed.files.includes(real)) {
    throw refused(
      `A snapshot cannot be saved in place of a module that vitest's main process runs: ${quoted(path)}`,
      'Give it another name.',
    )
  }
  const other = existsSync(real) ? undefined : shadowedFile(real, executed)
  if (other === undefined) return
  const hint = `vitest's main process imports ${quoted(other)}. Give the snapshot another name, or put it into another directory.`
  throw refused(`A snapshot cannot be saved where an import would find it first: ${quoted(path)}`, hint)
}

/** No file: a FIFO would wait for a reader, and a link to nothing would make what it names. */
function isUnusual(stats: Stats | undefined): boolean {
  return stats !== undefined && !stats.isFile()
}

function isProgram(stats: Stats | undefined): boolean {
  return stats !== undefined && (stats.mode & 0o111) !== 0
}

function refused(message: string, hint: string): NsboxError {
  return new NsboxError(message, { code: 'ERR_NSBOX_MIRROR', stage: 'payload', hint })
}
