// Changes as text: one line each, and a summary. No name can forge a line.

import { relative } from 'node:path'
import { quoted } from '../quoted.ts'
import type { Change, EntryFacts } from './changed.ts'
import { tooDeep } from './depth-first.ts'

/** Paths below `base` are shown relative to it. */
export function formatChanges(changes: readonly Change[], base: string): string {
  return `${[...changes.map((change) => formatChange(change, base)), summaryOf(changes)].join('\n')}\n`
}

export function formatChange(change: Change, base: string): string {
  const name = shownPath(change.path, base) + (change.type === 'directory' ? '/' : '')
  const letter = { added: 'A', modified: 'M', deleted: 'D' }[change.kind]
  return [letter, quoted(name), ...details(change), ...(change.tooDeep ? [tooDeep] : [])].join('  ')
}

/** `1 change`, `2 changes`. */
export function countWords(count: number): string {
  return `${count} ${count === 1 ? 'change' : 'changes'}`
}

function summaryOf(changes: readonly Change[]): string {
  const count = (kind: Change['kind']) => `${changes.filter((change) => change.kind === kind).length} ${kind}`
  return `${count('added')}, ${count('modified')}, ${count('deleted')}`
}

function details(change: Change): string[] {
  const { kind, previous, changed = [] } = change
  if (kind === 'added') return [...whatIs(change), ...(change.type === 'symlink' ? [] : [modeOf(change)])]
  if (kind === 'deleted' || !previous) return lost(previous)
  if (changed.includes('type')) return [`${previous.type} -> ${change.type}`, ...lost(previous), ...sizeOf(change), modeOf(change)]
  return [
    ...(changed.includes('content') ? [arrow(sizeOf(previous)[0] ?? change.type, sizeOf(change)[0] ?? change.type)] : []),
    ...(changed.includes('mode') ? [arrow(modeOf(previous), modeOf(change))] : []),
    ...changed.filter((aspect) => aspect === 'owner' || aspect === 'attributes' || aspect === 'time'),
  ]
}

function lost(previous: EntryFacts | undefined): string[] {
  return previous?.entries ? [`with ${previous.entries} ${previous.entries === 1 ? 'entry' : 'entries'}`] : []
}

function arrow(from: string, to: string): string {
  return from === to ? to : `${from} -> ${to}`
}

function whatIs(facts: EntryFacts): string[] {
  return facts.type === 'file' ? sizeOf(facts) : facts.type === 'directory' ? [] : [facts.type]
}

function sizeOf({ size }: EntryFacts): string[] {
  return size === null ? [] : [formatSize(size)]
}

function modeOf({ mode }: EntryFacts): string {
  return mode.toString(8).padStart(4, '0')
}

export function formatSize(size: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB']
  const power = size < 1024 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(size) / 10))
  return `${power === 0 ? size : (size / 1024 ** power).toFixed(1)} ${units[power]}`
}

function shownPath(path: string, base: string): string {
  const below = relative(base, path)
  if (below === '') return '.'
  return below === '..' || below.startsWith('../') ? path : below
}
