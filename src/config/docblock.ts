// `@nsbox` in the first comments of a test file: `// @nsbox memory=64M net=host`.

import { configError } from '../errors.ts'
import { quoted } from '../quoted.ts'
import { notAsWord, optionOfWord } from './option-words.ts'
import { fileOptions, type ResolvedFileOptions } from './pool-options.ts'

export interface DocblockOptions extends ResolvedFileOptions {
  /** `src/a.test.ts:1:11` */
  place: string
}

const firstComments = /^(?:#![^\n]*)?(?:\s|\/\/[^\n]*|\/\*[\s\S]*?\*\/)*/
const ownWords = /(?<=^|[\s*/])@nsbox(?=\s|$)(.*?)(?:\*\/|$)/gm
const word = /[^\s="']+(?:=(?:"[^"]*"|'[^']*'|\S+))?|\S+/g

/**
 * Those of each word, in their order. `file` is what the file is called in errors.
 * @throws NsboxError ERR_NSBOX_CONFIG that begins with file, line and column
 */
export function docblockOptions(source: string, file: string): DocblockOptions[] {
  // Most files have none.
  if (!source.includes('@nsbox')) return []
  const [comments = ''] = firstComments.exec(source) ?? []
  return [...comments.matchAll(ownWords)].flatMap((line) => {
    const [all, words = ''] = line
    const start = line.index + all.indexOf(words, '@nsbox'.length)
    return [...words.matchAll(word)].map((one) => {
      const place = `${quoted(file)}:${lineAndColumn(comments, start + one.index)}`
      return { place, ...optionsOf(one[0], place) }
    })
  })
}

function optionsOf(text: string, place: string): ResolvedFileOptions {
  const [name = '', ...rest] = text.split('=')
  if (notAsWord.includes(name))
    throw configError(`${place}: ${name} cannot be given in a comment; nsbox({ rules: [{ files, ${name} }] }) in vitest.config.ts can`)
  const value = rest.length > 0 ? rest.join('=').replace(/^(["'])(.*)\1$/, '$2') : 'true'
  return fileOptions({ [name]: optionOfWord(name, value) }, place)
}

/** As editors count them. */
function lineAndColumn(text: string, index: number): string {
  const before = text.slice(0, index).split('\n')
  return `${before.length}:${(before.at(-1)?.length ?? 0) + 1}`
}
