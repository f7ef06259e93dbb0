// fsModuleCache: workers read what vitest's main process has transformed, wherever it is kept.

import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { fixture, seedTest, vitestVersions } from '../support/vitest-project.ts'
import { vitestRuns } from '../support/vitest-runs.ts'

describe.each(vitestVersions)('$name', (version) => {
  test('a cache in a directory that is private inside is used by the second run', async () => {
    const project = seedTest(version, fixture('module-cache'))
    const env = { MODULE_CACHE: join(project.scratch, 'modules') }
    const runs = await vitestRuns(project, [[], []], { env })
    for (const run of runs) expect(run, run.output).toMatchObject({ exitCode: 0, tests: { 'value.test.ts > value': 'passed' } })
    expect(readdirSync(env.MODULE_CACHE)).not.toEqual([])
    expect(runs.map(({ stdout }) => stdout.includes('transformed value.ts'))).toEqual([true, false])
  })
})
