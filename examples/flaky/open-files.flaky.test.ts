// class: resources
// mechanism: all files are opened at once: EMFILE where few may be
// knob: nofile

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { titles, writeDocuments } from './src/documents.ts'

test('every document has its title', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'documents-'))
  onTestFinished(() => rm(directory, { recursive: true }))
  const paths = await writeDocuments(directory, 300)
  expect((await titles(paths)).at(-1)).toBe('299')
})
