// What a test file left behind or did, put together from what its worker and its overlays tell.

import type { Write } from '../src/changes/writes.ts'
import { describeCap } from '../src/launch/describe-cap.ts'
import { isWithin } from '../src/plan/paths.ts'
import { type LimitedUsage, plainUsage } from '../src/run/usage.ts'
import type { LeftBehind, LeftProcess, OpenPort } from './left-behind.ts'
import type { FileRefusals, Refusal } from './refusals.ts'
import type { FileUsage } from './worker-limits.ts'
import type { WorkerEnd } from './workers.ts'
import { type Written, writesNamed } from './written-files.ts'

/** What reporters find in the `meta.nsbox` of a file. */
export interface FileReport extends FileUsage {
  /** 1000 of them at most. Null where writes are not kept apart from the host's files. */
  written: WrittenFile[] | null
  /** How many more there are. */
  writtenMore: number
  /** False where there was too much to look at all of it. */
  writtenComplete: boolean
  /** Null where nobody could look: the worker was killed, or has no pid namespace of its own. */
  processes: LeftProcess[] | null
  /** Null where nobody could look. */
  ports: OpenPort[] | null
  /** 20 of them at most. */
  refused: Refusal[]
  /** How many more there are. */
  refusedMore: number
  caps: HitCap[]
}

/** What a file left that runs or listens. */
export type LeftAlive = Pick<FileReport, 'processes' | 'ports'>

/** Without what was noticed while the file ran. */
type LookedReport = Omit<FileReport, keyof FileRefusals>

export interface WrittenFile {
  /** Relative to the workspace, the first where there are several; or with `~/` for HOME; or absolute. A directory has a slash at its end. */
  path: string
  kind: Write['kind']
}

/** A limit that did something. */
export interface HitCap {
  limit: 'cpu' | 'memory' | 'pids'
  words: string
}

/** Directories that names of written files begin at. Real paths. */
export interface WrittenPlaces {
  workspaces: readonly string[]
  home: string
}

/** Of a file that came to its end. Where it had limits, `usage` is counted by them. */
export function fileReport(
  left: LeftBehind | undefined,
  written: Written | null,
  usage: FileUsage | undefined,
  places: WrittenPlaces,
): LookedReport {
  const { processes, ports, cpuMs, memoryPeakBytes } = left ?? unseen
  const used = usage ?? { ...plainUsage(cpuMs, memoryPeakBytes), limits: {} }
  return { ...used, ...writtenReport(written, places), processes, ports, caps: capsOf(used) }
}

/** Of a file that nobody looked at from inside. */
const unseen = { processes: null, ports: null, cpuMs: 0, memoryPeakBytes: null }

/** Of one whose worker ended before it. */
export function killedReport(end: WorkerEnd, written: Written | null, limits: FileUsage['limits'], places: WrittenPlaces): LookedReport {
  const { userMicros = 0, systemMicros = 0, maxRss = null } = end.usage ?? {}
  const caps: HitCap[] = end.capHit ? [{ limit: end.capHit.limit, words: describeCap(end.capHit) }] : []
  const used = { ...plainUsage((userMicros + systemMicros) / 1000, maxRss), limits }
  return { ...used, ...writtenReport(written, places), processes: null, ports: null, caps }
}

function writtenReport(written: Written | null, places: WrittenPlaces): Pick<FileReport, 'written' | 'writtenMore' | 'writtenComplete'> {
  if (!written) return { written: null, writtenMore: 0, writtenComplete: false }
  const { writes, count, complete } = written
  const named = writes.map(({ path, kind, type }) => ({ path: `${shortPath(path, places)}${type === 'directory' ? '/' : ''}`, kind }))
  named.sort((a, b) => (a.path < b.path ? -1 : 1))
  return { written: named, writtenMore: count - writes.length, writtenComplete: complete }
}

function shortPath(path: string, { workspaces: [workspace = '/'], home }: WrittenPlaces): string {
  if (isWithin(path, workspace)) return path.slice(workspace.length + 1)
  return isWithin(path, home) ? `~${path.slice(home.length)}` : path
}

/** What one look found, and a later one besides. */
export function bothReports(first: FileReport, later: FileReport): FileReport {
  const written = first.written && later.written && [...first.written, ...later.written]
  const named = written?.slice(0, writesNamed) ?? null
  return {
    ...later,
    written: named,
    writtenMore: first.writtenMore + later.writtenMore + (written?.length ?? 0) - (named?.length ?? 0),
    writtenComplete: first.writtenComplete && later.writtenComplete,
    ...bothLeft(first, later),
  }
}

/** Processes and ports of either. Null where nobody could look for either. */
export function bothLeft(first: LeftAlive, later: LeftAlive): LeftAlive {
  return {
    processes: besides(first.processes, later.processes, (one, other) => one.pid === other.pid),
    ports: besides(first.ports, later.ports, (one, other) => one.protocol === other.protocol && one.port === other.port),
  }
}

function besides<T>(first: T[] | null, later: T[] | null, isSame: (one: T, other: T) => boolean): T[] | null {
  if (!first || !later) return first ?? later
  return [...first, ...later.filter((one) => !first.some((other) => isSame(one, other)))]
}

/** What limits did to whoever used this. */
export function capsOf({ oomKills, pidsRefused, throttledMs }: LimitedUsage): HitCap[] {
  return [
    ...(oomKills ? [{ limit: 'memory' as const, words: `killed ${oomKills === 1 ? 'a process' : `${oomKills} processes`}` }] : []),
    ...(pidsRefused ? [{ limit: 'pids' as const, words: `refused ${pidsRefused === 1 ? 'a process' : `${pidsRefused} processes`}` }] : []),
    ...(throttledMs ? [{ limit: 'cpu' as const, words: `held back for ${(throttledMs / 1000).toFixed(1)} s` }] : []),
  ]
}
