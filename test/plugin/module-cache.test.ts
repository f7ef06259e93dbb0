// fsModuleCache: workers read what vitest's main process has transformed, wherever it is kept.

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { fixture, seedTest, vitestVersions } from '../support/vitest-project.ts'
import { vitestRuns } from '../support/vitest-runs.ts'

describe.each(vitestVersions)('$name', (version) => {
  test.each([
    ['the plugin', {}],
    ['the pool alone', { POOL_ALONE: '1' }],
  ])('%s: a cache in a directory that is private inside is used by the second run, and has nothing that a test wrote', async (_, alone) => {
    const project = seedTest(version, fixture('module-cache'))
    const directory = join(project.scratch, 'modules')
    const runs = await vitestRuns(project, [[], []], { env: { MODULE_CACHE: directory, ...alone } })
    const tests = { 'value.test.ts > value': 'passed', 'fresh.test.ts > fresh': 'passed' }
    for (const run of runs) expect(run, run.output).toMatchObject({ exitCode: 0, tests })
    expect(runs.map(({ stdout }) => stdout.includes('transformed value.ts'))).toEqual([true, false])
    const cached = readdirSync(directory, { recursive: true, encoding: 'utf8', withFileTypes: true }).filter((entry) => entry.isFile())
    const texts = cached.map(({ parentPath, name }) => readFileSync(join(parentPath, name), 'utf8'))
    expect(texts.filter((text) => text.includes('value'))).not.toEqual([])
    expect(texts.filter((text) => text.includes('const fresh = '))).toEqual([])
  })
})
