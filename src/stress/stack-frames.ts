// Places in files, as stacks have them.

export interface Frame {
  path: string
  line: number
  column: number
  /** As the stack has it. */
  words: string
}

/** `at f (file:///a/b.ts:1:2)`, `at /a/b.ts:1:2`, and as vitest prints it: `❯ f b.ts:1:2`. */
const framePattern = /^\s*(?:at|❯) (?:(.*?) )?\(?(?:file:\/\/)?(\/[^()]*?):(\d+):(\d+)\)?$/

/** Node's own are left out. */
export function framesOf(stack: string): Frame[] {
  return stack.split('\n').flatMap((text) => {
    const [, words = '', path, line, column] = framePattern.exec(text) ?? []
    return path === undefined ? [] : [{ words, path: path.replace(/\?.*$/, ''), line: Number(line), column: Number(column) }]
  })
}
