// Transcripts in Markdown: prose, files of a project, and commands with what they print.
//
// ```file NAME      a file of the project, there before the first command
// ```console        `$ command`, `> ` where it goes on, then what it prints, then `[exit N]` unless N is 0
// ```console as-root, as-user, needs=PROGRAM    for this caller only; for machines that have the program only
// ```console mistakes    words that are wrong: what is said to them, without a process for each
//
// A line `...` stands for any lines, `[..]` for any text in a line. The shell of a block is in the project.

export interface TranscriptCommand {
  /** What a shell runs. */
  source: string
  /** What it prints, and `[exit N]`. */
  expected: string[]
}

export interface TranscriptBlock {
  /** The heading above it and its first command. */
  name: string
  commands: TranscriptCommand[]
  caller: 'root' | 'user' | 'any'
  /** Programs that the machine has to have. */
  needs: string[]
  /** Nothing is to run: the words of its commands are wrong. */
  mistakes: boolean
}

export interface Transcript {
  files: { name: string; text: string }[]
  blocks: TranscriptBlock[]
}

/** @throws Error for a block that could not fail */
export function parseTranscript(markdown: string): Transcript {
  const transcript: Transcript = { files: [], blocks: [] }
  let heading = ''
  for (const { title, fence, lines } of pieces(markdown)) {
    if (title !== undefined) heading = title
    const [kind, ...words] = fence?.split(' ') ?? []
    if (kind === 'file') transcript.files.push({ name: words.join(' '), text: `${lines.join('\n')}\n` })
    if (kind === 'console') transcript.blocks.push(block(heading, words, lines))
  }
  if (transcript.blocks.length === 0) throw new Error('A transcript without commands tests nothing')
  return transcript
}

interface Piece {
  title?: string
  fence?: string
  lines: string[]
}

function* pieces(markdown: string): Generator<Piece> {
  let open: { fence: string; lines: string[] } | undefined
  for (const line of markdown.split('\n')) {
    if (open && line === '```') {
      yield open
      open = undefined
    } else if (open) open.lines.push(line)
    else if (line.startsWith('```')) open = { fence: line.slice(3).trim(), lines: [] }
    else if (line.startsWith('#')) yield { title: line.replace(/^#+ /, ''), lines: [] }
  }
  if (open) throw new Error(`A block is not closed: ${open.fence}`)
}

function block(heading: string, words: string[], lines: string[]): TranscriptBlock {
  const commands = commandsOf(lines)
  const found: TranscriptBlock = {
    name: `${heading}: ${commands[0]?.source.split('\n')[0]}`,
    commands,
    caller: 'any',
    needs: [],
    mistakes: false,
  }
  for (const word of words) {
    if (word === 'as-root') found.caller = 'root'
    else if (word === 'as-user') found.caller = 'user'
    else if (word === 'mistakes') found.mistakes = true
    else if (word.startsWith('needs=')) found.needs.push(word.slice('needs='.length))
    else throw new Error(`Unknown word of a console block: ${word}`)
  }
  return found
}

function commandsOf(lines: string[]): TranscriptCommand[] {
  const commands: TranscriptCommand[] = []
  for (const line of lines) {
    const last = commands.at(-1)
    if (line.startsWith('$ ')) commands.push({ source: line.slice(2), expected: [] })
    else if (!last) throw new Error(`A console block begins with a command, not with: ${line}`)
    else if (line.startsWith('> ') && last.expected.length === 0) last.source += `\n${line.slice(2)}`
    else last.expected.push(line)
  }
  if (commands.length === 0) throw new Error('A console block without a command tests nothing')
  const empty = commands.find(({ expected }) => expected.length > 0 && expected.every((line) => line === '...'))
  if (empty) throw new Error(`Every output would do: ${empty.source}`)
  return commands
}
