// Promise: the documents in this directory and the README are true, command by command, and show every flag.

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, type TestContext, test } from 'vitest'
import { flagGroups } from '../../src/config/flag-table.ts'
import { CommandPlace } from '../support/command-place.ts'
import { needProgram } from '../support/programs.ts'
import { parseTranscript, type TranscriptBlock } from '../support/transcript.ts'
import { elided, matches } from '../support/transcript-match.ts'
import { outputsOf } from '../support/transcript-run.ts'

const here = import.meta.dirname
const documents = readdirSync(here).filter((name) => name.endsWith('.md'))
const transcripts = [...documents.map((name) => join(here, name)), join(here, '../../README.md')].map((path) => {
  const transcript = parseTranscript(readFileSync(path, 'utf8'))
  return { document: path.slice(path.lastIndexOf('/') + 1), ...transcript }
})
const caller = process.getuid?.() === 0 ? 'root' : 'user'

describe.each(transcripts)('$document', ({ files, blocks }) => {
  let place: CommandPlace
  beforeAll(() => {
    place = new CommandPlace(Object.fromEntries(files.map(({ name, text }) => [name, text])))
  })
  afterAll(() => place.remove())

  for (const block of blocks) {
    test(block.name, async (context) => {
      skipElsewhere(block, context)
      // Blocks build on what those before have left; one that is run again begins where it began.
      if (context.task.result?.retryCount) place.restore()
      else place.remember()
      const { commands } = block
      const outputs = await outputsOf(commands, place, context.signal)
      const expected = commands.flatMap(({ source, expected: lines }) => [`$ ${source}`, ...lines])
      const actual = commands.flatMap(({ source }, index) => [`$ ${source}`, ...(outputs[index] ?? [])])
      const good = outputs.length === commands.length && commands.every((command, index) => matches(outputs[index] ?? [], command.expected))
      if (!good) expect(elided(actual, expected).join('\n')).toBe(expected.join('\n'))
      expect(good).toBe(true)
    })
  }
})

test.each(Object.values(flagGroups).flatMap(Object.keys))('a transcript shows --%s', (flag) => {
  const sources = transcripts.flatMap(({ blocks }) => blocks.flatMap(({ commands }) => commands.map(({ source }) => source)))
  expect(sources.filter((source) => new RegExp(`nsbox (run|shell|plan) .*--${flag}\\b`).test(source))).not.toEqual([])
})

/** Says why a block is not for this machine or this caller. */
function skipElsewhere({ caller: meant, needs }: TranscriptBlock, context: TestContext): void {
  if (meant !== 'any' && meant !== caller) context.skip(`for ${meant} only, and this is uid ${process.getuid?.()}`)
  for (const program of needs) needProgram(context, program)
}
