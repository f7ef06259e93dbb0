// Extended attributes that belong to a file, without those of the overlay and of the host's security modules.

import { quoted } from '../quoted.ts'
import { reach } from '../sys/long-path.ts'
import { getXattr, listXattrs, removeXattr, setXattr } from '../sys/xattr.ts'
import { errnoOf } from './failure.ts'
import { formatSize } from './format.ts'
import { textOf } from './names.ts'

export type Attributes = ReadonlyMap<string, Buffer>

const overlayPrefix = 'user.overlay.'
const capability = 'security.capability'

/** As programs in the sandbox see them. An overlay stores their own `user.overlay.*` with a second `overlay.` (overlayfs.rst, Nesting). */
export function visibleAttributes(path: string): Attributes {
  const visible = new Map<string, Buffer>()
  for (const [name, value] of storedAttributes(path)) {
    if (!name.startsWith(overlayPrefix)) visible.set(name, value)
    else if (name.startsWith(`${overlayPrefix}overlay.`)) visible.set(name.replace('overlay.', ''), value)
  }
  return visible
}

/** Without the overlay's marks, but with what it stores for the programs in the sandbox, as it is. */
export function ownAttributes(path: string): Attributes {
  const isMark = (name: string) => name.startsWith(overlayPrefix) && !name.startsWith(`${overlayPrefix}overlay.`)
  return new Map([...storedAttributes(path)].filter(([name]) => !isMark(name)))
}

function storedAttributes(path: string): Attributes {
  const names = listXattrs(reach(path)).filter((name) => /^user\.|^system\.posix_acl_/.test(name) || name === capability)
  const values = new Map<string, Buffer>()
  for (const name of names.sort()) {
    const value = getXattr(reach(path), name)
    if (value) values.set(name, value)
  }
  return values
}

export function sameAttributes(a: Attributes, b: Attributes): boolean {
  return a.size === b.size && hasAttributes(a, b)
}

export function hasAttributes(all: Attributes, some: Attributes): boolean {
  return [...some].every(([name, value]) => all.get(name)?.equals(value))
}

/** What to do about an attribute that a file system does not take. */
type Refused = (error: Error) => void

const fail: Refused = (error) => {
  throw error
}

/** Gives a file these attributes and no others. */
export function setAttributes(path: string, wanted: Attributes, refused: Refused = fail): void {
  const present = storedAttributes(path)
  for (const name of present.keys()) if (!wanted.has(name) && !name.startsWith(overlayPrefix)) removeXattr(reach(path), name)
  addAttributes(path, wanted, refused)
}

export function addAttributes(path: string, wanted: Attributes, refused: Refused = fail): void {
  for (const [name, value] of wanted) {
    try {
      setXattr(reach(path), name, value)
    } catch (error) {
      const errno = errnoOf(error)
      // Only root may give a program capabilities; cp -a leaves them out too.
      if (name === capability && errno === 'EPERM') continue
      const why = `the file system does not take its attribute ${quoted(textOf(name))} of ${formatSize(value.length)} (${errno})`
      refused(Object.assign(new Error(why, { cause: error }), { code: errno }))
    }
  }
}
