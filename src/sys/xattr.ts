// Extended attributes (xattr(7)).

import { bind } from './libc.ts'

const setxattr_ = bind('setxattr', 'int', ['str', 'str', 'str', 'ulong', 'int'])

/** False where the file system has no such attributes. */
export function setUserXattr(path: string, name: `user.${string}`, value: string): boolean {
  return setxattr_(path, name, value, Buffer.byteLength(value), 0) === 0
}
