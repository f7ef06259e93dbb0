// Copies what lies in a directory that no overlay can lie on, because it holds mounts. The copy is the lower in its place.

import { isUtf8 } from 'node:buffer'
import { chmodSync, copyFileSync, lstatSync, mkdirSync, readdirSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { setTimes } from '../sys/file-nodes.ts'

/** Larger files are shown as they are, read-only. In bytes. */
const copyLimit = 1n << 20n

/**
 * Makes `to` with the files and links of `from`, but for those named in `without`. Directories are mounted there later; sockets, FIFOs
 * and devices are left out. Returns the names of files that have to be mounted too: they are too large to be copied, or not the caller's
 * to read. An empty file is there for each.
 */
export function copyEntries(from: string, to: string, without: readonly string[]): string[] {
  mkdirSync(to)
  const names = readdirSync(from, { encoding: 'buffer' }).filter((name) => !without.includes(name.toString()))
  const left = names.filter((name) => !isCopied(name, entryIn(from, name), entryIn(to, name)))
  chmodSync(to, Number(lstatSync(`${from}/.`).mode & 0o7777))
  return left.map((name) => name.toString())
}

function entryIn(directory: string, name: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`${directory}/`), name])
}

function isCopied(name: Buffer, source: Buffer, target: Buffer): boolean {
  const stat = lstatSync(source, { bigint: true, throwIfNoEntry: false })
  if (stat?.isSymbolicLink()) symlinkSync(readlinkSync(source, 'buffer'), target)
  else if (stat?.isFile()) {
    if ((stat.size > copyLimit && isUtf8(name)) || !isReadable(source, target)) {
      writeFileSync(target, '')
      return false
    }
  } else return true
  setTimes(target, stat.atimeNs, stat.mtimeNs)
  return true
}

/** False, and nothing is copied, where it is not the caller's to read. */
function isReadable(source: Buffer, target: Buffer): boolean {
  try {
    copyFileSync(source, target)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EACCES') throw error
    rmSync(target, { force: true })
    return false
  }
}
