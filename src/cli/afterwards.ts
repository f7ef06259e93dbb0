// What becomes of what a run changed: printed, kept, exported, applied.

import { existsSync, mkdtempSync, readdirSync, realpathSync, rmdirSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import type { UpperLayer } from '../changes/changed.ts'
import type { RunFlags } from '../config/run-flags.ts'
import { configError, NsboxError } from '../errors.ts'
import { homeDirectory } from '../host/home.ts'
import { isWithin } from '../plan/paths.ts'
import type { Report } from '../run/report.ts'
import { canAsk, confirm } from './confirm.ts'
import { write } from './print.ts'

type Wanted = RunFlags['changes']

/** True when a flag asks what the command changed. */
export function wantsChanges({ diff, apply, keep, export: file }: Wanted): boolean {
  return diff || apply || keep !== undefined || file !== undefined
}

/** Before the command runs: what would make its result useless. @throws NsboxError ERR_NSBOX_CONFIG */
export function checkBeforehand({ keep, apply, yes, export: file }: Wanted): void {
  if (yes && !apply) throw configError('--yes answers the question of --apply, which is missing')
  if (apply && !yes && !canAsk()) throw configError('--apply asks before it writes, and there is no terminal to ask on: add --yes')
  for (const [flag, path] of Object.entries({ keep, export: file })) {
    if (path === undefined) continue
    const parent = dirname(resolve(path))
    if (!existsSync(parent) || !statSync(parent).isDirectory())
      throw configError(`--${flag} is ${JSON.stringify(path)}: there is no directory ${parent}`)
  }
  if (keep !== undefined && existsSync(keep) && !isEmptyDirectory(keep))
    throw configError(`--keep is ${JSON.stringify(keep)}: it must be a new directory, or an empty one`)
  if (file !== undefined && existsSync(file) && statSync(file).isDirectory())
    throw configError(`--export is ${JSON.stringify(file)}: it is a directory, and must be a file`)
}

function isEmptyDirectory(path: string): boolean {
  return statSync(path).isDirectory() && readdirSync(path).length === 0
}

/** The report, with the changes if somebody asked for them. */
export async function afterwards({ changes: wanted, output }: RunFlags, report: Report, layers: UpperLayer[]): Promise<Report> {
  if (layers.length === 0) return report
  // What is kept must be readable to its owner. The command has ended: nothing else is made under this mask.
  process.umask(process.umask(0o077) & 0o077)
  const { changesOf } = await import('../changes/changes-of.ts')
  const changes = layers.flatMap(changesOf)
  let notPrinted: unknown
  if (wanted.diff && !output.json) {
    const { formatChanges } = await import('../changes/format.ts')
    try {
      write(formatChanges(changes, process.cwd()), 'stderr')
    } catch (error) {
      // What is to be kept comes first.
      notPrinted = error
    }
  }
  if (wanted.keep !== undefined) await keep(layers, wanted.keep, report)
  if (wanted.export !== undefined) await exportTo(layers, wanted.export)
  if (wanted.apply) await apply(layers, wanted.yes, report)
  if (notPrinted) throw notPrinted
  return { ...report, changes }
}

async function keep(layers: UpperLayer[], directory: string, { command, startedMs }: Report): Promise<void> {
  const { keepLayers } = await import('../changes/keep.ts')
  const { skipped } = keepLayers(layers, resolve(directory), { command, startedMs })
  for (const path of skipped) console.error(`nsbox: not kept, because it is a socket or a device: ${path}`)
}

async function exportTo(layers: UpperLayer[], file: string): Promise<void> {
  const found = projectLayers(layers)
  const here = realpathSync('.')
  const layer = found.find(({ target }) => target === here) ?? found[0]
  if (!layer) throw configError('--export: there is no overlay whose changes could be written')
  const { exportLayer } = await import('../changes/export.ts')
  exportLayer(layer, resolve(file))
}

/** What cannot be applied now is kept, so that nothing is lost. */
async function apply(layers: UpperLayer[], yes: boolean, report: Report): Promise<void> {
  const { applyChanges } = await import('../changes/apply.ts')
  const { planApply } = await import('../changes/plan-apply.ts')
  const { formatChanges } = await import('../changes/format.ts')
  const plans = projectLayers(layers).map((layer) => planApply(layer, report.startedMs))
  const count = plans.reduce((sum, { changes }) => sum + changes.length, 0)
  if (count === 0) return
  const wellEnded = report.cause === 'exit' && report.exitCode === 0
  if (yes && !wellEnded) return keepInstead('the command did not end well')
  if (!yes) {
    process.stderr.write(
      formatChanges(
        plans.flatMap(({ changes }) => changes),
        process.cwd(),
      ),
    )
    const question = `${wellEnded ? '' : 'The command did not end well. '}Apply ${count === 1 ? 'this change' : `these ${count} changes`}? [y/N] `
    if (!(await confirm(question))) return console.error('nsbox: nothing was applied')
  }
  try {
    for (const plan of plans) applyChanges(plan)
  } catch (error) {
    const isConflict = NsboxError.is(error) && error.code === 'ERR_NSBOX_CONFLICT'
    await keepInstead(isConflict ? 'nothing was applied' : 'not everything could be applied')
    throw error
  }

  async function keepInstead(why: string): Promise<void> {
    const directory = mkdtempSync(join(tmpdir(), 'nsbox-kept-'))
    rmdirSync(directory)
    await keep(layers, directory, report)
    console.error(`nsbox: ${why}; the changes are kept: nsbox apply ${directory}`)
  }
}

/** Those of the project, and not of HOME around it. */
function projectLayers(layers: UpperLayer[]): UpperLayer[] {
  const home = homeDirectory()
  const others = layers.filter(({ target }) => home === undefined || target !== resolve(home))
  return others.length > 0 ? others : layers.filter(({ target }) => isWithin(process.cwd(), target))
}
