// Extended attributes that belong to a file, without those of the overlay and of the host's security modules.

import { getXattr, listXattrs, removeXattr, setXattr } from '../sys/xattr.ts'
import { errnoOf } from './failure.ts'
import { bytes } from './names.ts'

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
  const names = listXattrs(bytes(path)).filter((name) => /^user\.|^system\.posix_acl_/.test(name) || name === capability)
  const values = new Map<string, Buffer>()
  for (const name of names.sort()) {
    const value = getXattr(bytes(path), name)
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

/** Gives a file these attributes and no others. */
export function setAttributes(path: string, wanted: Attributes): void {
  const present = storedAttributes(path)
  for (const name of present.keys()) if (!wanted.has(name) && !name.startsWith(overlayPrefix)) removeXattr(bytes(path), name)
  addAttributes(path, wanted)
}

export function addAttributes(path: string, wanted: Attributes): void {
  for (const [name, value] of wanted) {
    try {
      setXattr(bytes(path), name, value)
    } catch (error) {
      // Only root may give a program capabilities; cp -a leaves them out too.
      if (name !== capability || errnoOf(error) !== 'EPERM') throw error
    }
  }
}
