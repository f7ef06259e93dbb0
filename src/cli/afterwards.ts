// What becomes of what a run changed: printed, kept, exported, applied.

import { randomUUID } from 'node:crypto'
import { constants, existsSync, readdirSync, realpathSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join, resolve } from 'node:path'
import type { Change, UpperLayer } from '../changes/changed.ts'
import { eventsHandled, isInterruption } from '../changes/steps.ts'
import type { RunFlags } from '../config/run-flags.ts'
import { configError, describeError, type ErrorData, errorToData, NsboxError } from '../errors.ts'
import { isWithin } from '../plan/paths.ts'
import { inQuotes, quoted, shellWord } from '../quoted.ts'
import { exitStatus } from '../run/exit-status.ts'
import type { Report } from '../run/report.ts'
import { whyNoAccess } from '../sys/access.ts'
import { realPlace } from '../sys/real-file.ts'
import { canAsk, confirm } from './confirm.ts'
import type { HeldSignals } from './held-signals.ts'
import { write } from './print.ts'
import type { EndedRun } from './run-here.ts'
import { type Shares, sharesOf } from './shares.ts'

type Wanted = RunFlags['changes']

/** True when a flag asks what the command changed. */
export function wantsChanges({ diff, apply, keep, export: file }: Wanted): boolean {
  return diff || apply || keep !== undefined || file !== undefined
}

/** Where what the command changed goes: real paths, so that no link which the command makes is followed. */
export interface Places {
  keep: string | undefined
  export: string | undefined
  /** For what would be lost. */
  rescue: string
}

/** Before the command runs: what would make its result useless. @throws NsboxError ERR_NSBOX_CONFIG */
export function checkBeforehand({ keep, apply, yes, export: file }: Wanted): Places {
  if (yes && !apply) throw configError('--yes answers the question of --apply, which is missing')
  if (apply && !yes && !canAsk()) throw configError('--apply asks before it writes, and there is no terminal to ask on: add --yes')
  for (const [flag, path] of Object.entries({ keep, export: file })) {
    if (path === undefined) continue
    if (path === '') throw configError(`--${flag} is "": it must be a path`)
    const parent = dirname(resolve(path))
    if (!existsSync(parent) || !statSync(parent).isDirectory())
      throw configError(`--${flag} is ${inQuotes(path)}: there is no directory ${quoted(parent)}`)
  }
  if (keep !== undefined && existsSync(keep) && !isEmptyDirectory(keep))
    throw configError(`--keep is ${inQuotes(keep)}: it must be a new directory, or an empty one`)
  if (file !== undefined && existsSync(file) && statSync(file).isDirectory())
    throw configError(`--export is ${inQuotes(file)}: it is a directory, and must be a file`)
  if (keep !== undefined) requireWritable('--keep', keep, existsSync(keep) ? keep : dirname(resolve(keep)))
  if (file !== undefined) requireWritable('--export', file, dirname(resolve(file)))
  return {
    keep: keep === undefined ? undefined : realPlace(resolve(keep)),
    // A link of that name is replaced, and not followed.
    export: file === undefined ? undefined : join(realPlace(dirname(resolve(file))), basename(file)),
    rescue: join(realPlace(resolve(tmpdir())), `nsbox-kept-${randomUUID().slice(0, 8)}`),
  }
}

function requireWritable(flag: string, path: string, directory: string): void {
  const error = whyNoAccess(directory, constants.W_OK | constants.X_OK)
  if (error) throw configError(`${flag} is ${inQuotes(path)}: nothing can be written in ${quoted(directory)} (${error.code})`)
}

function isEmptyDirectory(path: string): boolean {
  return statSync(path).isDirectory() && readdirSync(path).length === 0
}

/**
 * The report, with the changes and with what failed: that does not hold up the rest. A signal stops what only reads, asks or applies;
 * what is to be kept or exported would be lost, and is written all the same.
 */
export async function afterwards(
  { changes: wanted, output }: RunFlags,
  { report, layers, overlays, signals }: Pick<EndedRun, 'report' | 'layers' | 'overlays' | 'signals'>,
  places: Places,
): Promise<Report> {
  if (layers.length === 0) return report
  // What is kept must be readable to its owner. The command has ended: nothing else is made under this mask.
  process.umask(process.umask(0o077) & 0o077)
  const work = new Afterwards(layers, sharesOf(layers, overlays), report, signals)
  const { changesIn } = await import('../changes/changes-of.ts')
  const changes = await work.attempt(() => signals.carryOut(changesIn(layers)))
  if (changes && wanted.diff && !output.json) await work.attempt(() => tell(changes))
  const { keep, export: file } = places
  if (keep !== undefined) await work.attempt(() => work.keep(keep), `they could not be kept in ${quoted(keep)}`)
  if (file !== undefined) await work.attempt(() => work.exportTo(file), 'they could not be exported')
  if (wanted.apply) await work.attempt(() => work.apply(wanted.yes), 'not everything could be applied')
  await work.keepWhatFailed(places.rescue)
  await work.tellInterruption()
  return { ...report, changes: changes ?? null, error: report.error ?? (await work.error()) }
}

/** @throws NsboxError ERR_NSBOX_OUTPUT */
async function tell(changes: readonly Change[]): Promise<void> {
  const { formatChanges } = await import('../changes/format.ts')
  write(formatChanges(changes, process.cwd()), 'stderr')
}

class Afterwards {
  readonly #layers: UpperLayer[]
  readonly #shares: Shares
  readonly #report: Report
  readonly #problems: unknown[] = []
  /** Why they have to be kept. */
  #why: string | undefined
  #keptIn: string | undefined
  readonly #signals: HeldSignals
  /** What was written in full, as it is told when there was a signal. */
  readonly #done: string[] = []
  #hasToldWhy = false

  constructor(layers: UpperLayer[], shares: Shares, report: Report, signals: HeldSignals) {
    this.#layers = layers
    this.#shares = shares
    this.#report = report
    this.#signals = signals
  }

  /** `why` is told where changes are kept because of its failure. */
  async attempt<T>(act: () => Promise<T>, why?: string): Promise<T | undefined> {
    try {
      return await act()
    } catch (error) {
      this.#problems.push(error)
      const isConflict = NsboxError.is(error) && error.code === 'ERR_NSBOX_CONFLICT'
      this.#why ??= isConflict ? 'nothing was applied' : why && isInterruption(error) ? error.message : why
      return undefined
    }
  }

  async error(): Promise<ErrorData | null> {
    if (this.#problems.length === 0) return null
    return errorToData((await import('../changes/failure.ts')).together(this.#problems))
  }

  async keep(directory: string): Promise<void> {
    const { keepLayers, missingError } = await import('../changes/keep.ts')
    const { command, startedMs } = this.#report
    const { skipped, missing } = keepLayers(this.#layers, directory, { command, startedMs })
    this.#keptIn = directory
    this.#done.push(`kept in ${quoted(directory)}`)
    for (const path of skipped) console.error(`nsbox: not kept, because it is a socket or a device: ${quoted(path)}`)
    const error = missingError(missing, directory)
    if (error) this.#problems.push(error)
  }

  async exportTo(file: string): Promise<void> {
    const { project } = this.#shares
    const here = realpathSync('.')
    const layer = project.find(({ target }) => target === here) ?? project[0]
    if (!layer) throw configError('--export: there is no overlay whose changes could be written')
    const isInside = ({ target }: UpperLayer) => isWithin(target, layer.target)
    const { exportLayers } = await import('../changes/export.ts')
    for (const path of exportLayers(project.filter(isInside), layer.target, file).skipped)
      console.error(`nsbox: not exported, because a layer cannot hold it: ${quoted(path)}`)
    this.#done.push(`exported to ${quoted(file)}`)
    const outside = project.filter((one) => !isInside(one))
    await this.#tellLeftOut(outside, `not exported, because it is not in ${quoted(layer.target)}`)
  }

  async apply(yes: boolean): Promise<void> {
    const { applyAll } = await import('../changes/apply.ts')
    const { planApplyAll } = await import('../changes/plan-apply.ts')
    const plans = await this.#signals.carryOut(planApplyAll(this.#shares.project, this.#report.startedMs))
    const changes = plans.flatMap((plan) => plan.changes)
    for (const { path } of plans.flatMap((plan) => plan.skipped))
      console.error(`nsbox: not applied, because it is a socket or a device: ${quoted(path)}`)
    await this.#tellLeftOut(this.#shares.home, 'not applied, because it is in HOME, where all that is written is thrown away')
    if (changes.length === 0) return
    const wellEnded = this.#report.cause === 'exit' && this.#report.exitCode === 0
    if (yes && !wellEnded) {
      this.#why ??= 'the command did not end well'
      // A command may end with exit code 0 at its timeout. Then nothing else would tell scripts.
      if (exitStatus(this.#report) === 0) this.#problems.push(notApplied(this.#report))
      return
    }
    if (!yes) {
      await tell(changes)
      const these = changes.length === 1 ? 'this change' : `these ${changes.length} changes`
      const question = `${wellEnded ? '' : 'The command did not end well. '}Apply ${these}? [y/N] `
      if (!(await confirm(question, this.#signals.signal))) return console.error('nsbox: nothing was applied')
    }
    await this.#signals.carryOut(applyAll(plans))
    this.#done.push('applied')
  }

  async #tellLeftOut(layers: readonly UpperLayer[], why: string): Promise<void> {
    const { changesIn } = await import('../changes/changes-of.ts')
    const changes = await this.#signals.carryOut(changesIn(layers))
    const [first] = changes
    if (!first) return
    const others = changes.length > 1 ? ` and ${changes.length - 1} more` : ''
    console.error(`nsbox: ${why}: ${quoted(first.path)}${others}`)
  }

  /** So that nothing is lost. */
  async keepWhatFailed(directory: string): Promise<void> {
    if (this.#why === undefined) return
    if (this.#keptIn === undefined) await this.attempt(() => this.keep(directory))
    if (this.#keptIn === undefined) return
    console.error(`nsbox: ${this.#why}; the changes are kept: nsbox apply ${shellWord(this.#keptIn)}`)
    this.#hasToldWhy = true
  }

  /** Where the changes are, and what else failed: nsbox ends with the signal's exit code, and tells no more. */
  async tellInterruption(): Promise<void> {
    await eventsHandled()
    const { aborted, reason } = this.#signals.signal
    if (!aborted) return
    const changes = this.#done.length > 0 ? `; the changes are ${this.#done.join(' and ')}` : ''
    if (!this.#hasToldWhy) console.error(`nsbox: ${reason.message}${changes}`)
    for (const problem of this.#problems) if (!isInterruption(problem)) console.error(`nsbox: ${describeError(problem)}`)
  }
}

function notApplied({ cause }: Report): NsboxError {
  return new NsboxError(`nothing was applied, because the command was ended by its ${cause}`, { code: 'ERR_NSBOX_APPLY', stage: 'host' })
}
