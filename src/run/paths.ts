// Paths of options, made absolute and real; what is missing is named with its option.

import { existsSync, realpathSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { shown } from '../config/shown.ts'
import { NsboxError } from '../errors.ts'

/** @throws NsboxError ERR_NSBOX_CONFIG when there is nothing */
export function existing(option: string, path: string, cwd: string): string {
  const absolute = resolve(cwd, path)
  if (existsSync(absolute)) return realpathSync(absolute)
  throw wrong(option, path, 'it does not exist')
}

/** @throws NsboxError ERR_NSBOX_CONFIG when it is no directory, or the root */
export function existingDirectory(option: string, path: string, cwd: string): string {
  const real = existing(option, path, cwd)
  if (!statSync(real).isDirectory()) throw wrong(option, path, 'it must be a directory')
  if (real === '/') throw wrong(option, path, 'the root cannot be one of several directories; name one below it')
  return real
}

export function wrong(option: string, value: unknown, why: string): NsboxError {
  return new WrongOption(option, value, why)
}

/** An option of the library; the command calls it by its flag. */
export class WrongOption extends NsboxError {
  declare readonly option: string
  declare readonly value: unknown
  declare readonly named: (name: string) => NsboxError

  constructor(option: string, value: unknown, why: string, name: string = option) {
    super(`${name} is ${shown(value)}: ${why}`, { code: 'ERR_NSBOX_CONFIG', stage: 'config' })
    // Not enumerable: reporters print every field that an error has.
    Object.defineProperties(this, {
      option: { value: option },
      value: { value },
      named: { value: (other: string) => new WrongOption(option, value, why, other) },
    })
  }
}
