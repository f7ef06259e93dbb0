// Copies what lies in a directory that no overlay can lie on, because it holds mounts. The copy is the lower in its place.

import { isUtf8 } from 'node:buffer'
import { chmodSync, copyFileSync, lstatSync, mkdirSync, readdirSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { setTimes } from '../sys/file-nodes.ts'
import { mountTmpfs } from '../sys/mount.ts'
import { SysError } from '../sys/sys-error.ts'
import { getXattr, listXattrs, setXattr } from '../sys/xattr.ts'

/** Larger files are shown as they are, read-only. In bytes. */
const copyLimit = 1n << 20n

/**
 * Makes `to` with the files and links of `from`, but for those named in `without`. Directories are mounted there later; sockets, FIFOs
 * and devices are left out. Returns the names of files that have to be mounted too: they are too large to be copied, not the caller's to
 * read, or have attributes that cannot be copied. An empty file is there for each. The copies do not count against what may be written.
 */
export function copyEntries(from: string, to: string, without: readonly string[]): string[] {
  mkdirSync(to)
  mountTmpfs(to, { mode: 0o700 })
  const names = readdirSync(from, { encoding: 'buffer' }).filter((name) => !without.includes(name.toString()))
  const left = names.filter((name) => unlessGone(entryIn(to, name), () => !isCopied(name, entryIn(from, name), entryIn(to, name))))
  chmodSync(to, Number(lstatSync(`${from}/.`).mode & 0o7777))
  return left.map((name) => name.toString())
}

function entryIn(directory: string, name: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`${directory}/`), name])
}

/** False, and nothing is there, for what the host has removed meanwhile. */
function unlessGone(target: Buffer, act: () => boolean): boolean {
  try {
    return act()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    rmSync(target, { force: true })
    return false
  }
}

function isCopied(name: Buffer, source: Buffer, target: Buffer): boolean {
  const stat = lstatSync(source, { bigint: true, throwIfNoEntry: false })
  if (stat?.isSymbolicLink()) symlinkSync(readlinkSync(source, 'buffer'), target)
  else if (stat?.isFile()) {
    if ((stat.size > copyLimit && isUtf8(name)) || !isWholeCopy(source, target)) {
      writeFileSync(target, '')
      return false
    }
  } else return true
  setTimes(target, stat.atimeNs, stat.mtimeNs)
  return true
}

/** False, and nothing is there, where its content or its attributes cannot be copied. */
function isWholeCopy(source: Buffer, target: Buffer): boolean {
  try {
    copyFileSync(source, target)
    for (const name of listXattrs(source).filter(isOfFile)) setXattr(target, name, getXattr(source, name) ?? Buffer.alloc(0))
    return true
  } catch (error) {
    if (!(error instanceof SysError) && (error as NodeJS.ErrnoException).code !== 'EACCES') throw error
    rmSync(target, { force: true })
    return false
  }
}

/** The others are the kernel's to set (xattr(7)). Access control lists are in acl(5). */
function isOfFile(attribute: string): boolean {
  return attribute.startsWith('user.') || attribute === 'system.posix_acl_access'
}
