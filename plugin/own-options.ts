// Options of nsbox among the words of another command: `--nsbox.net=host` is the pool's option `net`.

const pattern = /^--nsbox\.([^=]+)(?:=(.*))?$/

export function isOwnOption(word: string): boolean {
  return pattern.test(word)
}

/** Digits are read as numbers; what the values mean is the schema's to say. */
export function ownOptions(words: readonly string[]): Record<string, unknown> {
  const options: Record<string, unknown> = {}
  for (const word of words) {
    const [, name, value = ''] = pattern.exec(word) ?? []
    if (name !== undefined) options[name] = /^\d+$/.test(value) ? Number(value) : value
  }
  return options
}
