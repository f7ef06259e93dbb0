// fsModuleCache: workers read what vitest's main process has transformed, wherever it is kept.

import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { nsboxConfig, seedTest, testFile, vitestVersions } from '../support/vitest-project.ts'
import { vitestRun } from '../support/vitest-run.ts'

/** vitest 4 has it among its experiments. */
const option: Record<string, (path: string) => string> = {
  'vitest 4': (path) => `experimental: { fsModuleCache: true, fsModuleCachePath: ${path} }`,
  'vitest 5': (path) => `fsModuleCache: true, fsModuleCachePath: ${path}`,
}

describe.each(vitestVersions)('$name', (version) => {
  test('a cache in a directory that is private inside is used by the second run', async () => {
    const cache = `process.env['MODULE_CACHE']`
    const project = seedTest(version, {
      'vitest.config.ts': nsboxConfig({ test: `pool: 'nsbox', ${option[version.name]?.(cache)}` }).replace(
        'plugins: [',
        `plugins: [{ name: 'tells', transform: (_, id) => { if (id.endsWith('value.ts')) console.log('transformed value.ts') } }, `,
      ),
      'value.ts': 'export const value: number = 1\n',
      'value.test.ts': testFile(`import { value } from './value'; test('value', () => { expect(value).toBe(1) })`),
    })
    const env = { MODULE_CACHE: join(project.scratch, 'modules') }
    const first = await vitestRun(project, [], { env })
    expect(first, first.output).toMatchObject({ exitCode: 0, tests: { 'value.test.ts > value': 'passed' } })
    expect(first.stdout).toContain('transformed value.ts')
    expect(readdirSync(env.MODULE_CACHE)).not.toEqual([])
    const second = await vitestRun(project, [], { env })
    expect(second, second.output).toMatchObject({ exitCode: 0, tests: { 'value.test.ts > value': 'passed' } })
    expect(second.stdout).not.toContain('transformed value.ts')
  })
})
