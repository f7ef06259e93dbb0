// Puts a layer of an OCI image over a directory: GNU tar unpacks it, and what follows knows whiteouts.

import { execFileSync } from 'node:child_process'
import { chmodSync, lstatSync, mkdirSync, readdirSync, renameSync } from 'node:fs'
import { removeTree } from '../../../src/sys/remove-tree.ts'
import { getXattr, listXattrs, removeXattr, setXattr } from '../../../src/sys/xattr.ts'

export function unpackOver(archive: string, directory: string, scratch: string): void {
  mkdirSync(scratch)
  // In a namespace where an ordinary user is not held up by modes.
  execFileSync('unshare', [
    '--user',
    '--map-root-user',
    'tar',
    '--xattrs',
    '--xattrs-include=user.*',
    '--same-permissions',
    '-xf',
    archive,
    '-C',
    scratch,
  ])
  merge(scratch, directory)
}

function merge(from: string, to: string): void {
  const names = readdirSync(bytes(from), 'latin1').sort()
  if (names.includes('.wh..wh..opq')) for (const name of readdirSync(bytes(to), 'latin1')) removeTree(bytes(`${to}/${name}`))
  for (const name of names) if (name.startsWith('.wh.') && name !== '.wh..wh..opq') removeTree(bytes(`${to}/${name.slice(4)}`))
  for (const name of names) if (!name.startsWith('.wh.')) put(`${from}/${name}`, `${to}/${name}`)
}

function put(from: string, to: string): void {
  const stat = lstatSync(bytes(from))
  const old = lstatSync(bytes(to), { throwIfNoEntry: false })
  if (!stat.isDirectory()) {
    if (old) removeTree(bytes(to))
    return renameSync(bytes(from), bytes(to))
  }
  chmodSync(bytes(from), 0o700)
  if (old && !old.isDirectory()) removeTree(bytes(to))
  if (!old?.isDirectory()) mkdirSync(bytes(to))
  chmodSync(bytes(to), 0o700)
  merge(from, to)
  for (const name of userXattrs(to)) removeXattr(bytes(to), name)
  for (const name of userXattrs(from)) setXattr(bytes(to), name, getXattr(bytes(from), name) as Buffer)
  chmodSync(bytes(to), stat.mode & 0o7777)
}

function userXattrs(path: string): string[] {
  return listXattrs(bytes(path)).filter((name) => name.startsWith('user.'))
}

function bytes(name: string): Buffer {
  return Buffer.from(name, 'latin1')
}
