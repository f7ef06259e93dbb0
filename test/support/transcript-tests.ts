// A document as tests: each block of commands is one, and blocks build on what those before have left.

import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { afterAll, beforeAll, describe, expect, type TestContext, test } from 'vitest'
import { CommandPlace } from './command-place.ts'
import { needProgram } from './programs.ts'
import { parseTranscript, type TranscriptBlock } from './transcript.ts'
import { elided, matches } from './transcript-match.ts'
import { saidToMistakes } from './transcript-mistakes.ts'
import { outputsOf } from './transcript-run.ts'

const caller = process.getuid?.() === 0 ? 'root' : 'user'

/** Declares the tests of the document beside a test file: `shell.md` beside `shell.test.ts`. */
export function testDocumentOf(testFile: string): void {
  testDocument(testFile.replace(/\.test\.ts$/, '.md'))
}

export function testDocument(path: string): void {
  const { files, blocks } = parseTranscript(readFileSync(path, 'utf8'))
  describe(basename(path), () => {
    let place: CommandPlace
    beforeAll(() => {
      place = new CommandPlace(Object.fromEntries(files.map(({ name, text }) => [name, text])))
    })
    afterAll(() => place.remove())

    for (const block of blocks) {
      test(block.name, { tags: block.caller === 'root' ? ['root'] : [] }, async (context) => {
        skipElsewhere(block, context)
        const { commands } = block
        const outputs = block.mistakes ? await saidToMistakes(commands, place) : await outputsOf(commands, place, context.signal)
        const expected = commands.flatMap(({ source, expected: lines }) => [`$ ${source}`, ...lines])
        const actual = commands.flatMap(({ source }, index) => [`$ ${source}`, ...(outputs[index] ?? [])])
        const good =
          outputs.length === commands.length && commands.every((command, index) => matches(outputs[index] ?? [], command.expected))
        if (!good) expect(elided(actual, expected).join('\n')).toBe(expected.join('\n'))
        expect(good).toBe(true)
      })
    }
  })
}

/** Skips a block that is for another caller, or for a machine with programs that are missing here. */
function skipElsewhere({ caller: meant, needs }: TranscriptBlock, context: TestContext): void {
  if (meant !== 'any' && meant !== caller) context.skip(`for ${meant} only, and this is uid ${process.getuid?.()}`)
  for (const program of needs) needProgram(context, program)
}
