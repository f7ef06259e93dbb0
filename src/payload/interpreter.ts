// What the kernel starts a program file with: the interpreter of a script, the loader of a binary (execve(2), elf(5)).

import { closeSync, openSync, readSync } from 'node:fs'

export interface Interpreter {
  of: 'script' | 'binary'
  path: string
}

/** Undefined where the file names none, or cannot be read. */
export function interpreterOf(file: string): Interpreter | undefined {
  let fd: number | undefined
  try {
    fd = openSync(file, 'r')
    const head = read(fd, 0, 256)
    if (head.toString('latin1', 0, 2) === '#!') return scriptInterpreter(head)
    return head.toString('latin1', 0, 4) === '\x7fELF' ? loader(fd, head) : undefined
  } catch {
    return undefined
  } finally {
    if (fd !== undefined) closeSync(fd)
  }
}

/** Up to the first blank; a carriage return is part of the name. */
function scriptInterpreter(head: Buffer): Interpreter | undefined {
  const [, path] = /^#![ \t]*([^ \t\n]+)/.exec(head.toString()) ?? []
  return path === undefined ? undefined : { of: 'script', path }
}

const PT_INTERP = 3

/** In the segment of that type. Numbers are little-endian on x64 and arm64. */
function loader(fd: number, head: Buffer): Interpreter | undefined {
  const wide = head[4] === 2
  const at = wide ? Number(head.readBigUInt64LE(32)) : head.readUInt32LE(28)
  const [size, count] = [head.readUInt16LE(wide ? 54 : 42), head.readUInt16LE(wide ? 56 : 44)]
  const table = read(fd, at, size * count)
  for (let offset = 0; offset + size <= table.length; offset += size) {
    if (table.readUInt32LE(offset) !== PT_INTERP) continue
    const place = wide ? Number(table.readBigUInt64LE(offset + 8)) : table.readUInt32LE(offset + 4)
    const path = read(fd, place, 4096).toString().split('\0', 1)[0]
    return path ? { of: 'binary', path } : undefined
  }
  return undefined
}

function read(fd: number, position: number, length: number): Buffer {
  const bytes = Buffer.alloc(length)
  return bytes.subarray(0, readSync(fd, bytes, 0, length, position))
}
