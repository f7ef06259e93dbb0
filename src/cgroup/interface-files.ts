// The files of a cgroup (Documentation/admin-guide/cgroup-v2.rst, "Interface Files").

import { readFileSync, writeFileSync } from 'node:fs'
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

export function writeValue(directory: string, file: string, value: string): void {
  writeFileSync(join(directory, file), value)
}

export function words(text: string | undefined): string[] {
  return text?.split(/\s+/).filter(Boolean) ?? []
}
