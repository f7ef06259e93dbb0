// `nsbox diff`, `nsbox apply` and `nsbox layers`: what --keep has kept.

import { existsSync, readdirSync, realpathSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { applyAll } from '../changes/apply.ts'
import type { Change, UpperLayer } from '../changes/changed.ts'
import { changesIn } from '../changes/changes-of.ts'
import { missingLines } from '../changes/failure.ts'
import { countWords, formatChanges } from '../changes/format.ts'
import { descriptionFile } from '../changes/keep.ts'
import { planApplyAll } from '../changes/plan-apply.ts'
import { type KeptChanges, readKept } from '../changes/read-kept.ts'
import { eventsHandled, isInterruption } from '../changes/steps.ts'
import { keptDescription } from '../config/kept.ts'
import { configError } from '../errors.ts'
import { isWithin } from '../plan/paths.ts'
import { jsonText, oneLine, quoted, shellWord } from '../quoted.ts'
import { exitNow } from '../sys/process.ts'
import { canAsk, confirm } from './confirm.ts'
import { HeldSignals, readHoldingSignals } from './held-signals.ts'
import { lastFailed, takeLastFailed } from './last-failed.ts'
import { print, write } from './print.ts'

export async function printKeptChanges(given: string[]): Promise<number> {
  const { words, asked } = takeLastFailed(given)
  const usage = 'nsbox diff DIR [--json], nsbox diff --last-failed [file] [--json]'
  const { directory, json } = oneDirectory(asked ? [lastFailed(asked).directory, ...words] : words, usage)
  const kept = read(directory)
  const changes = await changesKept(kept)
  tellMissing(kept)
  write(json ? `${jsonText(changes, 2)}\n` : formatChanges(changes, process.cwd()))
  return 0
}

export async function applyKept(words: string[]): Promise<number> {
  const { directory, yes, json } = oneDirectory(words, 'nsbox apply DIR [--yes] [--json]')
  const kept = read(directory)
  if (!yes && !canAsk()) throw configError('nsbox apply asks before it writes, and there is no terminal to ask on: add --yes')
  tellMissing(kept)
  const signals = new HeldSignals()
  try {
    const code = await applyHere(kept, { yes, json }, signals)
    await eventsHandled()
    const { aborted, reason } = signals.signal
    if (aborted && code === 0) console.error(`nsbox: ${reason.message}; the changes are applied`)
    return signals.exitCode ?? code
  } catch (error) {
    if (!isInterruption(error)) throw error
    console.error(`nsbox: ${error.message}; the changes are still kept: nsbox apply ${shellWord(directory)}`)
    // At once: node gives signals up before it ends, and the next one would tell another end.
    return exitNow(signals.exitCode as number)
  }
}

/** @throws an interruption, once an entry is whole */
async function applyHere({ layers, startedMs }: KeptChanges, { yes, json }: { yes: boolean; json: boolean }, signals: HeldSignals) {
  const plans = await signals.carryOut(planApplyAll(await layersHere(layers, signals), startedMs))
  const changes = plans.flatMap((plan) => plan.changes)
  if (!json) write(formatChanges(changes, process.cwd()), 'stderr')
  if (changes.length > 0 && !yes && !(await confirm(`Apply ${countWords(changes.length)}? [y/N] `, signals.signal))) {
    console.error('nsbox: nothing was applied')
    return 1
  }
  const applied = await signals.carryOut(applyAll(plans))
  for (const { path } of applied.flatMap(({ skipped }) => skipped))
    console.error(`nsbox: not applied, because it is a socket or a device: ${quoted(path)}`)
  if (json) print(jsonText(applied, 2))
  return 0
}

/** Where changes go stands in a file that anybody may have changed, so only the directory that the caller is in is written to. */
async function layersHere(layers: UpperLayer[], signals: HeldSignals): Promise<UpperLayer[]> {
  const here = realpathSync('.')
  const real = layers.map((layer) => ({ ...layer, target: realpathSync(layer.target) }))
  const [inside, outside] = [true, false].map((wanted) => real.filter(({ target }) => isWithin(target, here) === wanted)) as [
    UpperLayer[],
    UpperLayer[],
  ]
  const others = outside.map(({ target }) => quoted(target)).join(', ')
  if (inside.length === 0) throw configError(`these are changes of ${others}, and only the directory you are in is written to: go there`)
  const leftOut: string[] = []
  for (const layer of outside) {
    const changes = await signals.carryOut(changesIn([layer]))
    if (changes.length > 0) leftOut.push(quoted(layer.target))
  }
  if (leftOut.length > 0) console.error(`nsbox: left out, because it is not in this directory: ${leftOut.join(', ')}`)
  return inside
}

/** Those named, or those that lie in this directory. */
export async function listKept(words: string[]): Promise<number> {
  const { values, positionals } = flagsOf(words, 'nsbox layers [DIR …] [--json]')
  const directories = positionals.length > 0 ? positionals : keptHere()
  const layers: LayerLine[] = []
  for (const directory of directories) layers.push(await describe(directory))
  if (values.json) print(jsonText(layers, 2))
  else if (layers.length === 0) print('No kept changes in this directory.')
  else
    for (const { directory, created, command, targets, changes } of layers)
      print(
        `${quoted(directory)}  ${created}  ${countWords(changes)} of ${targets.map(quoted).join(', ')}  ${command.map(quoted).join(' ')}`,
      )
  return 0
}

interface LayerLine {
  directory: string
  /** ISO 8601. */
  created: string
  command: string[]
  targets: string[]
  changes: number
}

async function describe(directory: string): Promise<LayerLine> {
  const kept = read(directory)
  const { createdMs, command, layers } = kept
  const { length: changes } = await changesKept(kept)
  return { directory, created: new Date(createdMs).toISOString(), command, targets: layers.map(({ target }) => target), changes }
}

function keptHere(): string[] {
  const directories = readdirSync('.', { withFileTypes: true }).filter((entry) => entry.isDirectory())
  return directories.map(({ name }) => name).filter((name) => existsSync(join(name, descriptionFile)))
}

function read(directory: string): KeptChanges {
  return readKept(resolve(directory), keptDescription)
}

function changesKept({ layers }: KeptChanges): Promise<Change[]> {
  return readHoldingSignals((signals) => signals.carryOut(changesIn(layers)))
}

function tellMissing({ missing }: KeptChanges): void {
  if (missing.length > 0) console.error(['nsbox: this could not be kept, and is missing:', ...missingLines(missing)].join('\n'))
}

function oneDirectory(words: string[], usage: string): { directory: string; yes: boolean; json: boolean } {
  const { values, positionals } = flagsOf(words, usage)
  const [directory, ...more] = positionals
  if (directory === undefined || more.length > 0) throw configError(`one directory of kept changes is needed: ${usage}`)
  return { directory, yes: values.yes ?? false, json: values.json ?? false }
}

function flagsOf(words: string[], usage: string): { values: { json?: boolean; yes?: boolean }; positionals: string[] } {
  try {
    return parseArgs({ args: words, options: { json: { type: 'boolean' }, yes: { type: 'boolean' } }, allowPositionals: true })
  } catch (error) {
    throw configError(`${oneLine((error as Error).message.split('. ')[0] as string)}: ${usage}`)
  }
}
