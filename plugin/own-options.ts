// Options of nsbox among the words of another command: `--nsbox.net=host` is the pool's option `net`.

import { notAsWord, optionOfWord } from '../src/config/option-words.ts'
import { shown } from '../src/config/shown.ts'
import { configError } from '../src/errors.ts'

const pattern = /^--nsbox\.([^=]+)(?:=(.*))?$/

export function isOwnOption(word: string): boolean {
  return pattern.test(word)
}

/** A list may be given in several words. What the values mean is the schema's to say. @throws NsboxError ERR_NSBOX_CONFIG */
export function ownOptions(words: readonly string[]): Record<string, unknown> {
  const options: Record<string, unknown> = {}
  for (const word of words) {
    const [, name, value = ''] = pattern.exec(word) ?? []
    if (name === undefined) continue
    if (notAsWord.includes(name.replace(/\..*/, ''))) throw ofConfigFile(name, value)
    options[name] = joined(options[name], optionOfWord(name, value))
  }
  return options
}

function joined(before: unknown, value: unknown): unknown {
  if (Array.isArray(value)) return [...((before as unknown[]) ?? []), ...value]
  return typeof value === 'object' ? { ...(before as object), ...value } : value
}

function ofConfigFile(name: string, value: string): Error {
  const [option] = name.split('.')
  return configError(
    `nsbox(): ${name} is ${shown(value)}; ${option} cannot be given as a word: vitest.config.ts has it, in nsbox({ ${option}: … })`,
  )
}
