// Promise: the documents in this directory and the README are true, command by command, and show every flag.
// A long document has a test file of its own, so that documents run side by side. The others, and so every new one, run here.

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { flagGroups } from '../../src/config/flag-table.ts'
import { parseTranscript } from '../support/transcript.ts'
import { testDocument } from '../support/transcript-tests.ts'

const here = import.meta.dirname
const documents = readdirSync(here)
  .filter((name) => name.endsWith('.md'))
  .map((name) => join(here, name))
const readme = join(here, '../../README.md')

for (const document of [...documents, readme]) if (!existsSync(document.replace(/\.md$/, '.test.ts'))) testDocument(document)

const blocks = [...documents, readme].flatMap((path) => parseTranscript(readFileSync(path, 'utf8')).blocks)
const sources = blocks.flatMap(({ commands }) => commands.map(({ source }) => source))
test.each(Object.values(flagGroups).flatMap(Object.keys))('a transcript shows --%s', (flag) => {
  expect(sources.filter((source) => new RegExp(`nsbox (run|shell|plan) .*--${flag}\\b`).test(source))).not.toEqual([])
})
