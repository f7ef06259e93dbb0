// A forked worker looks like a node that was started for its file, and so do its children: programs, native addons, a browser.
//
// @module-tag root

import { chmodSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { needProgram } from '../support/programs.ts'
import { fixture, nsboxConfig, seedSuite, vitestVersions } from '../support/vitest-project.ts'
import { type VitestRun, vitestRun } from '../support/vitest-run.ts'

/** Each file has one test of the program that the machine must have. Undefined where node brings it along. */
const programs: Record<string, string | undefined> = {
  'addon.test.ts': undefined,
  'node-sqlite.test.ts': undefined,
  'node.test.ts': undefined,
  'npx.test.ts': 'npx',
  'git.test.ts': 'git',
  'sqlite3.test.ts': 'sqlite3',
  'chromium.test.ts': 'chromium',
}

const draws = `import './draws'\n`

describe.each(vitestVersions)('$name', (version) => {
  const project = seedSuite(version, {
    'vitest.config.ts': nsboxConfig({ test: `pool: 'nsbox', maxWorkers: 2, testTimeout: 60_000, execArgv: ['--expose-gc']` }),
    ...fixture('programs'),
    ...fixture('processes'),
    'r1.test.ts': draws,
    'r2.test.ts': draws,
    'r3.test.ts': draws,
  })
  let run: VitestRun
  beforeAll(async () => {
    chmodSync(join(project.root, 'node_modules/.bin/greeter'), 0o755)
    run = await vitestRun(project)
  })

  test.for(Object.entries(programs))('%s', ([file, program], context) => {
    if (program !== undefined) needProgram(context, program)
    expect(run.failures[`${file} > works`]).toBeUndefined()
    expect(run.tests[`${file} > works`], run.output).toBe('passed')
  })

  test.each(['process.test.ts', 'children.test.ts'])('%s', (file) => {
    expect(Object.entries(run.failures).filter(([name]) => name.startsWith(file))).toEqual([])
    expect(run.files[file], run.output).toBe('passed')
  })

  test.each(['Math.random', 'randomUUID', 'crypto.randomUUID', 'randomBytes'])('%s differs between files', (source) => {
    const column = ['Math.random', 'randomUUID', 'crypto.randomUUID', 'randomBytes'].indexOf(source)
    const drawn = [...run.stdout.matchAll(/^drawn (.*)$/gm)].map((match) => (match[1] as string).split(' ')[column])
    expect(drawn).toHaveLength(3)
    expect(new Set(drawn).size, drawn.join(' ')).toBe(3)
  })

  test('the project has nothing of theirs afterwards', () => {
    expect(project.list().filter((name) => name.startsWith('made'))).toEqual([])
  })
})
