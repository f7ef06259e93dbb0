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

/** JSON for a terminal or a log: the same value, in which what does not show is escaped, and nothing is an order. */
export function jsonText(value: object, indent?: number): string {
  // Line feeds and blanks of indentation stay; a string has no line feed in JSON.
  const text = JSON.stringify(value, undefined, indent).replaceAll(/(?![ \n])[\p{Cc}\p{Cf}\p{Z}\p{Cs}]/gu, inJson)
  return text.replaceAll('##[', `##${inJson('[')}`)
}

function inJson(character: string): string {
  return character
    .split('')
    .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .join('')
}

/**
 * A word of a command line, to be pasted into any POSIX shell. dash(1) has no `$'…'`, but every shell has a printf that knows octal bytes.
 */
export function shellWord(word: string): string {
  if (/^[\w./:=,@%+-]+$/.test(word)) return word
  if (!invisible.test(word)) return `'${word.replaceAll("'", "'\\''").replaceAll('##[', "##''[")}'`
  const [, text, ends] = /^(.*?)(\n*)$/s.exec(word) as unknown as [string, string, string]
  const format = [...text].map((character, at) => (at === 0 && character === '-' ? octal(character) : inFormat(character))).join('')
  // $(…) takes line feeds away from the end; a shell's own IFS is a blank, a tab and a line feed.
  // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the shell's.
  return `"$(printf '${format.replaceAll('##[', `##${octal('[')}`)}')${'${IFS#??}'.repeat(ends.length)}"`
}

function inFormat(character: string): string {
  const known = spaces[character]
  if (known !== undefined) return known
  // In double quotes ! is a line of the history to some interactive shells, whatever quotes are within.
  return invisible.test(character) || /['"`\\%!]/.test(character) ? octal(character) : character
}

function octal(character: string): string {
  const byte = byteOf(character)
  const bytes = byte === undefined ? Buffer.from(character) : [byte]
  return [...bytes].map((one) => `\\${one.toString(8).padStart(3, '0')}`).join('')
}

const spaces: Record<string, string> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }
const short: Record<string, string> = { ...spaces, '"': '\\"', '\\': '\\\\' }

function escaped(character: string): string {
  const byte = byteOf(character)
  return byte === undefined ? `\\u{${(character.codePointAt(0) as number).toString(16)}}` : `\\x${byte.toString(16)}`
}

/** The byte that a lone surrogate stands for: names.ts of changes. */
function byteOf(character: string): number | undefined {
  const code = character.codePointAt(0) as number
  return code > 0xdc7f && code < 0xdd00 ? code - 0xdc00 : undefined
}
