// Whether the file systems of a sandbox can be made.

import { realpathSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describeError } from '../errors.ts'
import { noAnswer } from '../host/answer-limit.ts'
import { remedyFor } from '../host/explain.ts'
import { mountVarTmp, updateKernel } from '../host/remedies/file-systems.ts'
import type { Restrictions } from '../host/restrictions.ts'
import { makeOwnDirectory } from '../launch/own-directory.ts'
import { throwawayDirectory } from '../launch/throwaway-directory.ts'
import type { Namespace, SealAction } from '../plan/plan.ts'
import type { AttemptFailure, Attempts } from './attempts.ts'
import { type Check, fail, pass, type Remedy, warn } from './check.ts'

interface Trial {
  name: string
  namespaces: Namespace[]
  step: SealAction
  /** What passing it means. */
  detail: string
}

const ownProc = 'own /proc'

const trials: Trial[] = [
  { name: 'read-only tree', namespaces: ['mount'], step: { do: 'read-only' }, detail: 'mount_setattr, all mounts at once' },
  { name: 'own /dev', namespaces: ['mount'], step: { do: 'dev', nodes: [], console: null }, detail: 'device nodes and a private /dev/pts' },
  { name: ownProc, namespaces: ['mount', 'pid'], step: { do: 'proc' }, detail: 'mounted for a new pid namespace' },
]

export async function checkFileSystems(attempts: Attempts, host: Restrictions): Promise<Check[]> {
  const checks: Check[] = []
  for (const { name, namespaces, step, detail } of trials) {
    const failure = await attempts.failure(namespaces, [{ do: 'private-mounts' }, step])
    checks.push(failure ? fail(name, `${failure.message}${covers(name, host)}`, remedyFor(failure, host)) : pass(name, detail))
  }
  return [...checks, ...overlayChecks(await overlayOnTmpfs(attempts), await overlayOnDisk(attempts), host)]
}

/** The kernel says EPERM and no more: "Mount too revealing" (mount_too_revealing() in fs/namespace.c). */
function covers(name: string, { procCovers }: Restrictions): string {
  return name === ownProc && procCovers.length > 0 ? `; mounted over: ${procCovers.join(', ')}` : ''
}

/** A directory of every machine that hardly holds a mount: the one of node itself. */
const lower = dirname(realpathSync(process.execPath))
const scratch = '/tmp'

/** As a plan has it: the scratch is held, because the overlay's own mount may lie below it. */
function overlayOver(makeScratch: SealAction): SealAction[] {
  return [
    { do: 'private-mounts' },
    { do: 'hold', paths: [lower] },
    makeScratch,
    { do: 'hold', paths: [scratch] },
    { do: 'overlay', target: lower, scratch, layers: [] },
  ]
}

type Failure = AttemptFailure | undefined

function overlayOnTmpfs(attempts: Attempts): Promise<Failure> {
  return attempts.failure(['mount'], overlayOver({ do: 'tmpfs', target: scratch, mode: 0o700 }))
}

async function overlayOnDisk(attempts: Attempts): Promise<Failure> {
  try {
    const disk = await throwawayDirectory('/var/tmp')
    try {
      const source = join(disk.path, 'upper')
      makeOwnDirectory(source)
      return await attempts.failure(['mount'], overlayOver({ do: 'bind', source, target: scratch, writable: true }))
    } finally {
      disk.remove()
    }
  } catch (error) {
    return { message: describeError(error) }
  }
}

const withoutXattrs = 'ERR_NSBOX_UPPER_XATTR'

/** nsbox keeps writes on tmpfs, and on disk where tmpfs lacks the attributes: one of the two has to work. */
export function overlayChecks(tmpfs: Failure, disk: Failure, host: Restrictions): Check[] {
  const [onTmpfs, onDisk] = ['overlay on tmpfs', 'overlay on disk']
  const fallback = tmpfs?.code === withoutXattrs
  return [
    !tmpfs
      ? pass(onTmpfs, 'with user extended attributes')
      : fallback && !disk
        ? warn(onTmpfs, tmpfs.message, 'what tests write goes to /var/tmp, which is slower than memory', newerTmpfs(host))
        : fail(onTmpfs, tmpfs.message, fallback ? newerTmpfs(host) : remedyFor(tmpfs, host)),
    !disk
      ? pass(onDisk, 'in /var/tmp')
      : fallback
        ? fail(onDisk, disk.message, diskRemedy(disk, tmpfs, host))
        : warn(onDisk, disk.message, "upper: 'disk' does not work", diskRemedy(disk, tmpfs, host)),
  ]
}

/** Where memory would do, or would but for its attributes, it is not the overlay that is refused. */
function diskRemedy(disk: AttemptFailure, tmpfs: Failure, host: Restrictions): Remedy | undefined {
  const isPlace = !tmpfs || tmpfs.code === withoutXattrs
  const known = disk.errno === 'EINVAL' && isPlace ? undefined : remedyFor(disk, host)
  return known ?? (isPlace && disk.message !== noAnswer ? mountVarTmp(host.place) : undefined)
}

const newerTmpfs = ({ place }: Restrictions) => updateKernel(place, 'tmpfs has user extended attributes since Linux 6.6')
