// Promise: the README's programs do what it says.

import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { repository } from '../support/sandbox.ts'

const section = /^## Library\n(.*?)^## /ms.exec(readFileSync(join(repository, 'README.md'), 'utf8'))?.[1] ?? ''
const programs = [...section.matchAll(/^```js\n(.*?)^```\n\n```text\n(.*?)^```$/gms)].map(([, source, output]) => ({ source, output }))

test('there are programs', () => {
  expect(programs.length).toBeGreaterThan(1)
})

test.each(programs)('$source', ({ source = '', output }) => {
  const project = mkdtempSync(join(realpathSync(tmpdir()), 'nsbox-test-readme-'))
  try {
    mkdirSync(join(project, 'node_modules'))
    symlinkSync(repository, join(project, 'node_modules/nsbox'))
    writeFileSync(join(project, 'program.mjs'), source)
    const printed = execFileSync(process.execPath, ['program.mjs'], { cwd: project, encoding: 'utf8' })
    // The program is no part of the example.
    expect(printed.replaceAll('program.mjs\n', '').replaceAll('node_modules\n', '')).toBe(output)
  } finally {
    rmSync(project, { recursive: true })
  }
})
