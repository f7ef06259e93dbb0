// Files that a test hands to vitest outlive its sandbox: attachments and profiles.

import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { expectNothingRuns } from '../support/vitest-left-behind.ts'
import { fixture, nsboxConfig, type Project, seedSuite, seedTest, testFile, vitestVersions } from '../support/vitest-project.ts'
import { type VitestRun, vitestRun } from '../support/vitest-run.ts'

function contents({ root }: Project, directory: string): string[] {
  return readdirSync(join(root, directory), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((path) => (statSync(path).size < 1000 ? readFileSync(path, 'utf8') : `${statSync(path).size} bytes`))
    .sort()
}

describe.each(vitestVersions)('$name', (version) => {
  describe('run after run', () => {
    const attaches = (content: string) =>
      testFile(`import { writeFileSync } from 'node:fs'; import { tmpdir } from 'node:os'
test('attaches', async ({ annotate }) => {
  writeFileSync('made.txt', '${content}'); await annotate('made', { path: 'made.txt' })
  writeFileSync(tmpdir() + '/made.txt', '${content}'); await annotate('in tmp', { path: tmpdir() + '/made.txt' })
})`)
    const project = seedSuite(version, {
      'vitest.config.ts': nsboxConfig({ test: `attachmentsDir: 'attached', fileParallelism: false` }),
      'a.test.ts': attaches('of a'),
    })

    test('attachments have the same names in each run', async () => {
      project.write('b.test.ts', attaches('of b'))
      const all = ['of a', 'of a', 'of b', 'of b']
      // Two files attach others of the same path: b by itself first, and then both in whatever order.
      for (const words of [['b.test.ts'], [], []]) {
        const run = await vitestRun(project, ['--pool=nsbox', ...words])
        expect(run.exitCode, run.output).toBe(0)
      }
      expect(contents(project, 'attached')).toEqual(all)
    })
  })

  test('what is not attached', async () => {
    const project = seedTest(version, {
      'vitest.config.ts': nsboxConfig({ options: `strict: ['writes']`, test: `pool: 'nsbox', attachmentsDir: 'attached'` }),
      'kept.txt': 'kept',
      'a.test.ts': testFile(`import { truncateSync, writeFileSync } from 'node:fs'; import { tmpdir } from 'node:os'
test('holes', async ({ annotate }) => {
  const path = tmpdir() + '/holes.bin'
  writeFileSync(path, 'data'); truncateSync(path, 64 * 2 ** 20); await annotate('some', { path })
  truncateSync(path, 992 * 2 ** 20)
  await expect(annotate('more', { path })).rejects.toThrow('the holes in the attachments of one worker may have 1024 MiB in all')
})
test('more than there is', async ({ annotate }) => {
  const path = tmpdir() + '/long.bin'
  writeFileSync(path, ''); truncateSync(path, 8 * 2 ** 40 - 1)
  await expect(annotate('long', { path })).rejects.toThrow('cannot be attached')
})
test('changes', async ({ annotate }) => { writeFileSync('kept.txt', 'changed'); await annotate('changed', { path: 'kept.txt' }) })
test('makes', async ({ annotate }) => { writeFileSync('made.txt', ''); await annotate('made', { path: 'made.txt' }) })`),
    })
    const run = await vitestRun(project)
    expect(Object.values(run.tests), run.output).toEqual(Array(4).fill('passed'))
    expect(run.failures['a.test.ts']).toContain('wrote    kept.txt (modified)')
    expect(run.failures['a.test.ts']).not.toContain('made.txt')
  })

  const project = seedSuite(version, fixture('artifacts'))
  let run: VitestRun
  beforeAll(async () => {
    run = await vitestRun(project)
  })

  test('attachments are in attachmentsDir', () => {
    expect(run.exitCode, run.output).toBe(0)
    expect(contents(project, 'attached')).toEqual([`${65 * 2 ** 20} bytes`, 'made by a test', 'made in tmp'])
  })

  test('attachments are nowhere else', async () => {
    expect(project.list()).not.toContain('made.txt')
    await expectNothingRuns(project)
  })

  test('profiles are there: one of each kind for each file, readable', () => {
    expect(project.list('profiles/cpu')).toHaveLength(2)
    expect(project.list('profiles/heap')).toHaveLength(2)
    for (const name of project.list('profiles/cpu')) expect(JSON.parse(project.read(`profiles/cpu/${name}`))).toHaveProperty('nodes')
  })
})
