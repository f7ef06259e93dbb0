// A directory tree as text: every entry's kind, mode, owner, time and content.

import { createHash } from 'node:crypto'
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'

export function describeTree(directory: string): string[] {
  return ['.', ...readdirSync(directory, { recursive: true, encoding: 'utf8' }).sort()].map((name) => describe(join(directory, name), name))
}

function describe(path: string, name: string): string {
  const stat = lstatSync(path, { bigint: true })
  const facts = `${name} ${stat.mode.toString(8)} ${stat.uid}:${stat.gid} ${stat.mtimeNs} ${stat.nlink}`
  if (stat.isFile()) return `${facts} ${createHash('sha256').update(readFileSync(path)).digest('hex')}`
  return stat.isSymbolicLink() ? `${facts} -> ${readlinkSync(path)}` : facts
}
