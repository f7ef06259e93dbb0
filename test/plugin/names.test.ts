// Promise: whatever a test calls files, programs and itself, none of it acts on a terminal, forges a line, or fails a file; nor does depth.

import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { nsbox } from '../support/command.ts'
import { fixture, nsboxConfig, oneVitest, seedSuite, testFile } from '../support/vitest-project.ts'
import { type VitestRun, vitestRun } from '../support/vitest-run.ts'

const odd = '\u001b[31mfile\u202e ##[error]\nnsbox: forged.test.ts'

const acting = /[^\P{Cc}\n]|\p{Bidi_Control}|##\[/u

describe.each(oneVitest)('$name', (version) => {
  const project = seedSuite(version, {
    ...fixture('names'),
    'vitest.config.ts': nsboxConfig({ options: 'report: true' }),
    [odd]: `// @nsbox memroy\u001b[31m=1\n${testFile(`test('never runs', () => {})`)}`,
  })
  let run: VitestRun
  /** What nsbox has said, and not vitest, whose lines have colours of their own. */
  let section: string
  beforeAll(async () => {
    run = await vitestRun(project)
    section = /^nsbox: \d+ of \d+ test files? left something behind.*\n(?: {2}.*\n)*/m.exec(run.stderr)?.[0] ?? ''
  })

  test('a file that makes a directory too deep for a path passes', () => {
    const { 'odd.test.ts > makes directories deeper than a path can tell': deep } = run.tests
    expect(deep, run.output).toBe('passed')
    const written = run.meta['odd.test.ts']?.written?.map(({ path }) => path)
    expect(written).toContain(`${Array(20).fill('n'.repeat(250)).join('/')}/deep`)
  })

  test('the section shows each name on its line, escaped', () => {
    const name = '\\u{1b}[31mred\\u{202e}\\u{9b}2J ##\\u{5b}error]\\nnsbox: forged\\n::error::forged'
    expect(section).not.toMatch(acting)
    expect(section).not.toMatch(/^\s*(nsbox: forged|::error)/m)
    expect(section).toContain(`    process  "sh -c sleep 60; true ${name}" (pid `)
    expect(section).toContain(`, started in "starts ${name}"\n`)
    expect(section).toContain(`, tried in "connects ${name}"; allow it with net: 'host'\n`)
    expect(section).toContain(`    wrote    "${name}" (added)\n`)
  })

  test('an option of a comment, and the name of its file', () => {
    expect(run.stderr).toContain(
      '"\\u{1b}[31mfile\\u{202e} ##\\u{5b}error]\\nnsbox: forged.test.ts":1:11: unknown option "memroy\\u{1b}[31m"; known options are ',
    )
  })

  test('lists of files, in lines and as JSON', async () => {
    const { root: cwd, home } = project
    const [lines, json] = await Promise.all(
      [[], ['--json']].map((words) => nsbox(['vitest', 'list', '--filesOnly', ...words], { cwd, home, killAfter: 60_000 })),
    )
    for (const one of [lines, json]) expect(one?.stdout).not.toMatch(acting)
    expect(lines?.stdout.trimEnd().split('\n')).toHaveLength(2)
    expect(JSON.parse(json?.stdout ?? '')).toContainEqual({ file: join(cwd, odd) })
  })
})
