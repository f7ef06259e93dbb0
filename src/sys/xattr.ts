// Extended attributes (xattr(7)). Names are byte strings: one character for each byte.

import { bind, checked, errno } from './libc.ts'
import { SysError } from './sys-error.ts'

const setxattr_ = bind('setxattr', 'int', ['str', 'str', 'str', 'ulong', 'int'])
const lsetxattr_ = bind('lsetxattr', 'int', ['void *', 'void *', 'void *', 'ulong', 'int'])
const lgetxattr_ = bind('lgetxattr', 'long', ['void *', 'void *', 'void *', 'ulong'])
const llistxattr_ = bind('llistxattr', 'long', ['void *', 'void *', 'ulong'])
const lremovexattr_ = bind('lremovexattr', 'int', ['void *', 'void *'])

const ERANGE = 34
const ENODATA = 61
const EOPNOTSUPP = 95

/** False where the file system has no such attributes. */
export function setUserXattr(path: string, name: `user.${string}`, value: string): boolean {
  return setxattr_(path, name, value, Buffer.byteLength(value), 0) === 0
}

/** Names of all attributes of a file, itself when it is a symbolic link. None where the file system has no attributes. */
export function listXattrs(path: Buffer): string[] {
  const list = sized('llistxattr', path, '', (buffer) => llistxattr_(cString(path), buffer, buffer?.length ?? 0))
  return list === undefined ? [] : list.toString('latin1').split('\0').slice(0, -1)
}

/** Undefined when the file has no such attribute. */
export function getXattr(path: Buffer, name: string): Buffer | undefined {
  return sized('lgetxattr', path, name, (buffer) => lgetxattr_(cString(path), cString(name), buffer, buffer?.length ?? 0))
}

export function setXattr(path: Buffer, name: string, value: Buffer): void {
  checked(lsetxattr_(cString(path), cString(name), value, value.length, 0), 'lsetxattr', [path.toString(), name, value])
}

export function removeXattr(path: Buffer, name: string): void {
  checked(lremovexattr_(cString(path), cString(name)), 'lremovexattr', [path.toString(), name])
}

/** Asks for the size, then for the bytes; again when they have grown in between (ERANGE). */
function sized(call: string, path: Buffer, name: string, read: (buffer: Buffer | null) => number): Buffer | undefined {
  for (;;) {
    const size = Number(read(null))
    if (size === 0) return Buffer.alloc(0)
    const buffer = size > 0 ? Buffer.alloc(size) : undefined
    const length = buffer ? Number(read(buffer)) : size
    if (buffer && length >= 0) return buffer.subarray(0, length)
    const number = errno()
    if (number === ENODATA || number === EOPNOTSUPP) return undefined
    if (number !== ERANGE) throw new SysError(call, [path.toString(), ...(name ? [name] : [])], number)
  }
}

function cString(text: Buffer | string): Buffer {
  return Buffer.concat([typeof text === 'string' ? Buffer.from(text, 'latin1') : text, Buffer.alloc(1)])
}
