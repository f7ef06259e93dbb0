// The files of a cgroup (Documentation/admin-guide/cgroup-v2.rst, "Interface Files").

import { closeSync, constants, openSync, readFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'

/** Undefined where there is no such file: its controller is not switched on, or the kernel is older. */
export function readValue(directory: string, file: string): string | undefined {
  try {
    return readFileSync(join(directory, file), 'utf8').trimEnd()
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    // EOPNOTSUPP, which node calls ENOTSUP: pressure that was switched off on the kernel's command line.
    if (code === 'ENOENT' || code === 'ENOTSUP') return undefined
    throw error
  }
}

/** Lines of `KEY VALUE`. */
export function readFlatKeyed(directory: string, file: string): Record<string, number> | undefined {
  const text = readValue(directory, file)
  return text === undefined ? undefined : Object.fromEntries(text.split('\n').map((line) => flatPair(line)))
}

function flatPair(line: string): [key: string, value: number] {
  const [key = '', value] = line.split(' ')
  return [key, Number(value)]
}

/** Lines of `KEY SUB=VALUE SUB=VALUE`. */
export function readNestedKeyed(directory: string, file: string): Record<string, Record<string, string>> | undefined {
  const text = readValue(directory, file)
  if (text === undefined) return undefined
  const lines = text.split('\n').filter(Boolean)
  return Object.fromEntries(lines.map((line) => nestedPair(line)))
}

function nestedPair(line: string): [key: string, values: Record<string, string>] {
  const [key = '', ...pairs] = line.split(' ')
  return [key, Object.fromEntries(pairs.map((pair) => pair.split('=') as [string, string]))]
}

/** Nothing is created: a file that is not there is ENOENT, as node's own flags would not tell. */
export function writeValue(directory: string, file: string, value: string): void {
  const fd = openSync(join(directory, file), constants.O_WRONLY)
  try {
    // A write of nothing does not reach the kernel, and an empty value is one.
    writeSync(fd, `${value}\n`)
  } finally {
    closeSync(fd)
  }
}

export function words(text: string | undefined): string[] {
  return text?.split(/\s+/).filter(Boolean) ?? []
}
