// Names of files, commands, tests and options in whatever a person reads: none can act on a terminal, forge a line, or give GitHub an order.

/** What a terminal would act on instead of showing it: control characters, marks of direction, separators of lines. */
const acting = /[\p{Cc}\p{Bidi_Control}\p{Cs}\u2028\u2029]/u
const everyActing = new RegExp(acting.source, 'gu')
/** What does not show either, in names: spaces other than the common one, characters without a width, bytes that are not UTF-8. */
const invisible = /(?! )[\p{Cc}\p{Cf}\p{Z}\p{Cs}]/u
/** What could be taken for the next column, for quotes of ours, or for an order. */
const ambiguous = /^$|^ | $| {2}|^"|\\|^::|##\[/

/** The name itself, or in double quotes with escapes where it holds anything that does not show. */
export function quoted(name: string): string {
  return invisible.test(name) || ambiguous.test(name) ? inQuotes(name) : name
}

/** Always in double quotes: for values of options, as they were given. */
export function inQuotes(name: string): string {
  const characters = [...name].map((character) => short[character] ?? (invisible.test(character) ? escaped(character) : character))
  return withoutOrders(`"${characters.join('')}"`)
}

/** In single quotes, as a name in a sentence or in code; in double ones where it holds any of these, or does not show. */
export function singleQuoted(name: string): string {
  return quoted(name) === name && !name.includes("'") ? `'${name}'` : inQuotes(name)
}

/** A text of several lines, whose line breaks and tabs stay. */
export function printable(text: string): string {
  const shown = acting.test(text)
    ? text.replace(everyActing, (one) => (one === '\n' || one === '\t' ? one : (short[one] ?? escaped(one))))
    : text
  return withoutOrders(shown)
}

/** A text on one line. */
export function oneLine(text: string): string {
  return printable(text).replaceAll('\n', '\\n')
}

/**
 * A runner of GitHub Actions takes lines of a step's output for orders: those that begin with `::name::`, and those with `##[name]` anywhere
 * (workflow-commands).
 */
export function withoutOrders(text: string): string {
  if (!text.includes('::') && !text.includes('##[')) return text
  return text.replace(/^(\s*):(?=:[\w-]+( .*)?::)/gm, '$1\\u{3a}').replaceAll('##[', '##\\u{5b}')
}

/** A word of a command line, to be copied into a shell: bash(1), QUOTING. */
export function shellWord(word: string): string {
  if (/^[\w./:=,@%+-]+$/.test(word)) return word
  if (!invisible.test(word)) return `'${word.replaceAll("'", "'\\''")}'`
  return `$'${[...word].map(inShellWord).join('')}'`
}

function inShellWord(character: string): string {
  if (character === "'") return "\\'"
  if (!invisible.test(character)) return short[character] ?? character
  const code = (character.codePointAt(0) as number).toString(16).padStart(8, '0')
  return short[character] ?? escaped(character).replace(/^\\u.*/, `\\U${code}`)
}

const short: Record<string, string> = { '\n': '\\n', '\r': '\\r', '\t': '\\t', '"': '\\"', '\\': '\\\\' }

function escaped(character: string): string {
  const code = character.codePointAt(0) as number
  // A lone surrogate that stands for a byte: names.ts of changes.
  return code > 0xdc7f && code < 0xdd00 ? `\\x${(code - 0xdc00).toString(16)}` : `\\u{${code.toString(16)}}`
}
