// Values of flags, as options have them. What is wrong is a TypeError that says what is allowed.

import { inQuotes } from '../quoted.ts'
import { resourceNumbers } from '../sys/resources.ts'
import type { EnvironmentChange } from './flag-table.ts'
import { parseResourceLimit, parseSize } from './quantities.ts'
import { suggest } from './suggest.ts'

/** A colon of a path is written `\:`. */
export function bindOf(given: string, readOnly: boolean): unknown {
  const [source = '', target, ...more] = given.split(/(?<!\\):/).map((part) => part.replaceAll('\\:', ':'))
  if (more.length > 0) throw new TypeError('it has more than one colon; a colon of a path is written \\:')
  if (source === '') throw new TypeError('the path on the host is missing')
  if (target !== undefined) requireAbsolute('the path inside', target)
  return { source, ...(target !== undefined && { target }), readOnly }
}

/** A path of the host, as {@link bindOf} reads it. */
export function boundPath(path: string): string {
  return path.replaceAll(':', '\\:')
}

export function tmpfsOf(given: string): unknown {
  const [, target = given, limits = ''] = /^(.*?):(\w+=[^/]*)$/s.exec(given) ?? []
  requireAbsolute('the path', target)
  const pairs = limits === '' ? [] : limits.split(',').map((pair) => pair.split('=') as [string, string?])
  return { target, ...Object.fromEntries(pairs.map(([name, value = '']) => [name, tmpfsLimit(name, value)])) }
}

function tmpfsLimit(name: string, value: string): number {
  if (name === 'size') return parseSize(value)
  if (name !== 'inodes')
    throw new TypeError(`unknown limit ${inQuotes(name)}${suggest(name, ['size', 'inodes'])}; known are size and inodes`)
  if (/^\d{1,15}$/.test(value) && Number(value) >= 2) return Number(value)
  throw new TypeError('its inodes must be a number, 2 at least')
}

function requireAbsolute(what: string, path: string): void {
  if (!path.startsWith('/')) throw new TypeError(`${what} must be absolute`)
}

/** `/dev/sda:read=1M,writes=100`. */
export function ioOf(given: string): Record<string, unknown> {
  const [, device, rates = ''] = /^(.+?):([a-z].*)$/.exec(given) ?? []
  if (device === undefined) throw new TypeError('it must be a device and its limits, such as /dev/sda:read=10M,writes=100')
  const known = ['read', 'write', 'reads', 'writes']
  const pairs = rates.split(',').map((pair) => pair.split('=') as [string, string?])
  const unknown = pairs.find(([name]) => !known.includes(name))
  if (unknown) throw new TypeError(`unknown limit ${inQuotes(unknown[0])}${suggest(unknown[0], known)}; known are ${known.join(', ')}`)
  return { device, ...Object.fromEntries(pairs.map(([name, value = '']) => [name, name.endsWith('s') ? numberOr(value) : value])) }
}

export function hugetlbOf(given: string): Record<string, string> {
  const [, page, size] = /^([^=]+)=(.+)$/.exec(given) ?? []
  if (page !== undefined && size !== undefined) return { [page]: size }
  throw new TypeError('it must be the size of a page and a limit, such as 2MB=64M')
}

/** Its name, and soft and hard limit as they were written. */
export function rlimitOf(given: string): Record<string, { soft: string; hard: string }> {
  const [, name, soft, hard = soft] = /^(\w+)=([^:]+)(?::([^:]+))?$/.exec(given) ?? []
  if (name === undefined) throw new TypeError('it must be a name and a limit, such as nofile=64 or nofile=64:128')
  const known = Object.keys(resourceNumbers)
  if (!known.includes(name)) throw new TypeError(`unknown limit ${inQuotes(name)}${suggest(name, known)}; known are ${known.join(', ')}`)
  parseResourceLimit({ soft, hard })
  return { [name]: { soft: soft as string, hard: hard as string } }
}

export function hostOf(given: string): Record<string, string> {
  const [, name, address] = /^([^=]+)=(.+)$/.exec(given) ?? []
  if (name !== undefined && address !== undefined) return { [name]: address }
  throw new TypeError('it must be a name and an address, such as db.example=127.0.0.1')
}

export function assignment(given: string): EnvironmentChange {
  const [, name, value] = /^([^=]+)=(.*)$/s.exec(given) ?? []
  if (name === undefined || value === undefined) throw new TypeError('it must be NAME=VALUE')
  return { do: 'set', name, value }
}

export function nameOf(given: string): string {
  if (/^[^=]+$/.test(given)) return given
  throw new TypeError('it must be the name of a variable')
}

export function descriptorOf(given: string): number {
  if (/^\d{1,6}$/.test(given)) return Number(given)
  throw new TypeError('it must be the number of an open descriptor')
}

/** What is no number is left for the schema to refuse. */
export function numberOr(given: string): unknown {
  return /^[+-]?\d+(\.\d+)?$/.test(given) ? Number(given) : given
}
