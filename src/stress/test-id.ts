// `src/a.test.ts > suite > name`: a test file, and which of its tests; and the command that runs it again.

import { shellWord } from '../quoted.ts'

/** Between a file, its suites and a test, as vitest prints them. */
const separator = ' > '

export interface TestId {
  file: string
  /** `suite > name`; null is the whole file. */
  name: string | null
}

/** Up to the first separator it is the file. Blanks are part of names. */
export function parseTestId(text: string): TestId {
  const at = text.indexOf(separator)
  return at === -1 ? { file: text, name: null } : { file: text.slice(0, at), name: text.slice(at + separator.length) }
}

export function printTestId({ file, name }: TestId): string {
  return name === null ? file : `${file}${separator}${name}`
}

/** To be copied into a shell. */
export function reproCommand(id: TestId, recipe: string): string {
  // A word that begins with - would be a flag.
  const file = id.file.startsWith('-') ? `./${id.file}` : id.file
  return `nsbox repro ${shellWord(asArgument(printTestId({ file, name: id.name })))} --recipe ${shellWord(recipe)}`
}

/** A name as a process can be given it: an argument holds no NUL, and UTF-8 no half of a pair (execve(2), utf-8(7)). */
export function asArgument(name: string): string {
  return name.replaceAll('\0', lost).toWellFormed()
}

/** Stands for what {@link asArgument} cannot keep. */
const lost = '\ufffd'

/** vitest's testNamePattern for one test alone. */
export function testPattern(name: string): string {
  return `^\\s?${patternOf(name)}$`
}

/** For all tests of a suite. */
export function suitePattern(name: string): string {
  return `^\\s?${patternOf(name)} `
}

/** vitest joins names with a blank; and a name may have the separator in it. */
function patternOf(name: string): string {
  return name
    .split(separator)
    .map((part) => part.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, '\\$&').replaceAll(lost, `[${lost}\\0\\ud800-\\udfff]`))
    .join('(?: >)? ')
}
