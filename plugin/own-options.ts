// Options of nsbox among the words of another command: `--nsbox.net=host` is the pool's option `net`.

import { configError } from '../src/errors.ts'

const pattern = /^--nsbox\.([^=]+)(?:=(.*))?$/

export function isOwnOption(word: string): boolean {
  return pattern.test(word)
}

/** What no single word can say. */
const ofConfigFiles = ['rules', 'io', 'hugetlb']

/** Texts that are numbers are read as such; what the values mean is the schema's to say. @throws NsboxError ERR_NSBOX_CONFIG */
export function ownOptions(words: readonly string[]): Record<string, unknown> {
  const options: Record<string, unknown> = {}
  for (const word of words) {
    const [, name, value = ''] = pattern.exec(word) ?? []
    if (name === undefined) continue
    if (ofConfigFiles.includes(name.replace(/\..*/, ''))) throw ofConfigFile(name, value)
    options[name] = /^(\d+(\.\d+)?|\.\d+)$/.test(value) ? Number(value) : value
  }
  return options
}

function ofConfigFile(name: string, value: string): Error {
  const [option] = name.split('.')
  return configError(
    `nsbox(): ${name} is ${JSON.stringify(value)}; ${option} cannot be given as a word: vitest.config.ts has it, in nsbox({ ${option}: … })`,
  )
}
