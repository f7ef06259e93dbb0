// `nsbox diff`, `nsbox apply` and `nsbox layers`: what --keep has kept.

import { existsSync, readdirSync, realpathSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { applyAll } from '../changes/apply.ts'
import type { UpperLayer } from '../changes/changed.ts'
import { changesOf } from '../changes/changes-of.ts'
import { missingLines } from '../changes/failure.ts'
import { formatChanges } from '../changes/format.ts'
import { descriptionFile } from '../changes/keep.ts'
import { planApply } from '../changes/plan-apply.ts'
import { type KeptChanges, readKept } from '../changes/read-kept.ts'
import { keptDescription } from '../config/kept.ts'
import { configError } from '../errors.ts'
import { isWithin } from '../plan/paths.ts'
import { jsonText, oneLine, quoted } from '../quoted.ts'
import { canAsk, confirm } from './confirm.ts'
import { lastFailed, takeLastFailed } from './last-failed.ts'
import { print, write } from './print.ts'

export function printKeptChanges(given: string[]): number {
  const { words, asked } = takeLastFailed(given)
  const usage = 'nsbox diff DIR [--json], nsbox diff --last-failed [file] [--json]'
  const { directory, json } = oneDirectory(asked ? [lastFailed(asked).directory, ...words] : words, usage)
  const kept = read(directory)
  const changes = kept.layers.flatMap(changesOf)
  tellMissing(kept)
  write(json ? `${jsonText(changes, 2)}\n` : formatChanges(changes, process.cwd()))
  return 0
}

export async function applyKept(words: string[]): Promise<number> {
  const { directory, yes, json } = oneDirectory(words, 'nsbox apply DIR [--yes] [--json]')
  const kept = read(directory)
  if (!yes && !canAsk()) throw configError('nsbox apply asks before it writes, and there is no terminal to ask on: add --yes')
  tellMissing(kept)
  const plans = layersHere(kept.layers).map((layer) => planApply(layer, kept.startedMs))
  const changes = plans.flatMap((plan) => plan.changes)
  if (!json) write(formatChanges(changes, process.cwd()), 'stderr')
  if (changes.length > 0 && !yes && !(await confirm(`Apply ${changes.length} changes? [y/N] `))) {
    console.error('nsbox: nothing was applied')
    return 1
  }
  const applied = applyAll(plans)
  for (const { path } of applied.flatMap(({ skipped }) => skipped))
    console.error(`nsbox: not applied, because it is a socket or a device: ${quoted(path)}`)
  if (json) print(jsonText(applied, 2))
  return 0
}

/** Where changes go stands in a file that anybody may have changed, so only the directory that the caller is in is written to. */
function layersHere(layers: UpperLayer[]): UpperLayer[] {
  const here = realpathSync('.')
  const real = layers.map((layer) => ({ ...layer, target: realpathSync(layer.target) }))
  const [inside, outside] = [true, false].map((wanted) => real.filter(({ target }) => isWithin(target, here) === wanted)) as [
    UpperLayer[],
    UpperLayer[],
  ]
  const others = outside.map(({ target }) => quoted(target)).join(', ')
  if (inside.length === 0) throw configError(`these are changes of ${others}, and only the directory you are in is written to: go there`)
  const leftOut = outside.filter((layer) => changesOf(layer).length > 0).map(({ target }) => quoted(target))
  if (leftOut.length > 0) console.error(`nsbox: left out, because it is not in this directory: ${leftOut.join(', ')}`)
  return inside
}

/** Those named, or those that lie in this directory. */
export function listKept(words: string[]): number {
  const { values, positionals } = flagsOf(words, 'nsbox layers [DIR …] [--json]')
  const directories = positionals.length > 0 ? positionals : keptHere()
  const layers = directories.map((directory) => describe(directory))
  if (values.json) print(jsonText(layers, 2))
  else if (layers.length === 0) print('No kept changes in this directory.')
  else
    for (const { directory, created, command, targets, changes } of layers)
      print(`${quoted(directory)}  ${created}  ${changes} changes of ${targets.map(quoted).join(', ')}  ${command.map(quoted).join(' ')}`)
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

function describe(directory: string): LayerLine {
  const { createdMs, command, layers } = read(directory)
  const changes = layers.flatMap(changesOf).length
  return { directory, created: new Date(createdMs).toISOString(), command, targets: layers.map(({ target }) => target), changes }
}

function keptHere(): string[] {
  const directories = readdirSync('.', { withFileTypes: true }).filter((entry) => entry.isDirectory())
  return directories.map(({ name }) => name).filter((name) => existsSync(join(name, descriptionFile)))
}

function read(directory: string): KeptChanges {
  return readKept(resolve(directory), keptDescription)
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
