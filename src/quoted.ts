// Names of files, commands, tests and options in whatever a person reads: none can act on a terminal, or forge a line.

/**
 * What a terminal would act on instead of showing it (control characters, bidirectional marks, separators of
 * lines), spaces other than the common one, and bytes that are not UTF-8.
 */
const unprintable = /(?! )[\p{Cc}\p{Cf}\p{Z}\p{Cs}]/u
/** What could be taken for the next column, or for quotes of ours. */
const ambiguous = /^$|^ | $| {2}|^"|\\/

/** The name itself, or in double quotes with escapes where it holds anything that does not show. */
export function quoted(name: string): string {
  return unprintable.test(name) || ambiguous.test(name) ? inQuotes(name) : name
}

/** Always in double quotes: for values of options, as they were given. */
export function inQuotes(name: string): string {
  return `"${[...name].map((character) => short[character] ?? escaped(character)).join('')}"`
}

/** A text of several lines, whose line breaks and tabs stay. */
export function printable(text: string): string {
  return text.replace(/(?![ \n\t])[\p{Cc}\p{Cf}\p{Z}\p{Cs}]/gu, escaped)
}

/** A word of a command line, to be copied into a shell: bash(1), QUOTING. */
export function shellWord(word: string): string {
  if (/^[\w./:=,@%+-]+$/.test(word)) return word
  if (!unprintable.test(word)) return `'${word.replaceAll("'", "'\\''")}'`
  const inner = inQuotes(word).slice(1, -1).replaceAll("'", "\\'")
  return `$'${inner.replaceAll(/(?<!\\)((?:\\\\)*)\\u\{(.*?)\}/g, (_, before, code) => `${before}\\U${code.padStart(8, '0')}`)}'`
}

const short: Record<string, string> = { '\n': '\\n', '\r': '\\r', '\t': '\\t', '"': '\\"', '\\': '\\\\' }

function escaped(character: string): string {
  if (!unprintable.test(character)) return character
  const code = character.codePointAt(0) as number
  // A lone surrogate that stands for a byte: names.ts of changes.
  if (code > 0xdc7f && code < 0xdd00) return `\\x${(code - 0xdc00).toString(16)}`
  return short[character] ?? `\\u{${code.toString(16)}}`
}
