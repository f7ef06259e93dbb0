// A directory tree as text, one line for each entry: what must be the same inside a sandbox and wherever its changes go.

import { createHash } from 'node:crypto'
import { type BigIntStats, chmodSync, lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { getXattr, listXattrs } from '../../../src/sys/xattr.ts'

/** By byte string of the path. Reads what has no permissions too: run it when nothing else is to come. */
export type Manifest = Record<string, string>

export function manifestOf(directory: string): Manifest {
  const lines: Manifest = {}
  const inodes = new Map<string, string[]>()
  visit(directory, '.', lines, inodes)
  for (const paths of inodes.values()) if (paths.length > 1) for (const path of paths) lines[path] += ` = ${paths.join(',')}`
  return lines
}

function visit(root: string, path: string, lines: Manifest, inodes: Map<string, string[]>): void {
  const full = Buffer.concat([Buffer.from(root), Buffer.from(`/${path}`, 'latin1')])
  const stat = lstatSync(full, { bigint: true })
  lines[path] = `${stat.mode.toString(8)} ${withPermissions(full, stat, 0o400, () => attributes(full))} ${content(full, stat)}`
  if (!stat.isDirectory()) {
    inodes.set(`${stat.dev}:${stat.ino}`, [...(inodes.get(`${stat.dev}:${stat.ino}`) ?? []), path])
    return
  }
  withPermissions(full, stat, 0o700, () => {
    for (const name of readdirSync(full, 'latin1').sort()) visit(root, path === '.' ? name : `${path}/${name}`, lines, inodes)
  })
}

function content(path: Buffer, stat: BigIntStats): string {
  if (stat.isSymbolicLink()) return `-> ${readlinkSync(path, 'latin1')} ${stat.mtimeNs}`
  if (!stat.isFile()) return stat.isFIFO() ? 'fifo' : stat.isDirectory() ? 'directory' : 'other'
  const digest = () => createHash('sha1').update(readFileSync(path)).digest('hex')
  return `${stat.size} ${withPermissions(path, stat, 0o400, digest)} ${stat.mtimeNs}`
}

/** The overlay's own are not seen inside; the mark that nsbox makes on an upper's root is. */
function attributes(path: Buffer): string {
  const names = listXattrs(path).filter((name) => name.startsWith('user.') && name !== 'user.nsbox')
  return names
    .sort()
    .map((name) => `${name}=${getXattr(path, name)?.toString('hex')}`)
    .join(',')
}

function withPermissions<T>(path: Buffer, stat: BigIntStats, needed: number, act: () => T): T {
  const mode = Number(stat.mode) & 0o7777
  if ((mode & needed) === needed || process.geteuid?.() !== Number(stat.uid)) return act()
  chmodSync(path, mode | needed)
  try {
    return act()
  } finally {
    chmodSync(path, mode)
  }
}
