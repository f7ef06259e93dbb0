// Files that a test hands to vitest outlive its sandbox: attachments and profiles.

import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { expectNothingRuns } from '../support/vitest-left-behind.ts'
import { fixture, type Project, seedSuite, vitestVersions } from '../support/vitest-project.ts'
import { type VitestRun, vitestRun } from '../support/vitest-run.ts'

function contents({ root }: Project, directory: string): string[] {
  return readdirSync(join(root, directory), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((path) => (statSync(path).size < 1000 ? readFileSync(path, 'utf8') : `${statSync(path).size} bytes`))
    .sort()
}

describe.each(vitestVersions)('$name', (version) => {
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
