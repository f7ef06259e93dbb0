// Files that a test hands to vitest outlive its sandbox: attachments and profiles.

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { expectNothingRuns } from '../support/vitest-left-behind.ts'
import { nsboxConfig, type Project, seedSuite, seedTest, testFile, vitestVersions } from '../support/vitest-project.ts'
import { type VitestRun, vitestRun } from '../support/vitest-run.ts'

const files = {
  'attaches.test.ts': testFile(`import { mkdirSync, writeFileSync } from 'node:fs'; import { tmpdir } from 'node:os'
test('a file of the project directory', async ({ annotate }) => {
  writeFileSync('made.txt', 'made by a test'); await annotate('made', { path: './made.txt' })
})
test('a file of /tmp', async ({ annotate }) => {
  const path = tmpdir() + '/temporary.txt'; writeFileSync(path, 'made in tmp'); await annotate('temporary', { path })
})
test('a body', async ({ annotate }) => { await annotate('body', { body: 'written as a body', contentType: 'text/plain' }) })
test('one that is not there', async ({ annotate }) => { expect(true).toBe(true); await annotate('plain words') })`),
}

function contents({ root }: Project, directory: string): string[] {
  return readdirSync(join(root, directory), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8'))
    .sort()
}

describe.each(vitestVersions)('$name', (version) => {
  describe('attachments', () => {
    const project = seedSuite(version, {
      'vitest.config.ts': nsboxConfig({ test: `pool: 'nsbox', attachmentsDir: './attached'` }),
      ...files,
    })
    let run: VitestRun
    beforeAll(async () => {
      run = await vitestRun(project)
    })

    test('are in attachmentsDir', () => {
      expect(run.exitCode, run.output).toBe(0)
      expect(contents(project, 'attached')).toEqual(['made by a test', 'made in tmp'])
    })

    test('are nowhere else', async () => {
      expect(project.list()).not.toContain('made.txt')
      await expectNothingRuns(project)
    })
  })

  describe('profiles', () => {
    const one = testFile(
      `test('works', () => { let sum = 0; for (let i = 0; i < 1e6; i++) sum += Math.sqrt(i); expect(sum).toBeGreaterThan(0) })`,
    )
    test('one of each kind for each file, readable', async () => {
      const project = seedTest(version, {
        'vitest.config.ts': nsboxConfig({
          test: `pool: 'nsbox', execArgv: ['--cpu-prof', '--cpu-prof-dir=profiles/cpu', '--heap-prof', '--heap-prof-dir=profiles/heap']`,
        }),
        'a.test.ts': one,
        'b.test.ts': one,
      })
      const run = await vitestRun(project)
      expect(run.exitCode, run.output).toBe(0)
      expect(project.list('profiles/cpu')).toHaveLength(2)
      expect(project.list('profiles/heap')).toHaveLength(2)
      for (const name of project.list('profiles/cpu')) expect(JSON.parse(project.read(`profiles/cpu/${name}`))).toHaveProperty('nodes')
    })
  })
})
