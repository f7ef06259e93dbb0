// Coverage outlives the sandbox, and its figures are those of forks.

import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { type Project, seedTest, testFile, vitestVersions } from '../support/vitest-project.ts'
import { vitestRun } from '../support/vitest-run.ts'

const files = {
  'src/shapes.ts': `export function area(shape: { kind: 'square' | 'circle'; size: number }): number {
  if (shape.kind === 'square') {
    return shape.size ** 2
  }
  return Math.PI * shape.size ** 2
}

export const unused = () => {
  return 'never called'
}
`,
  'src/untested.ts': `export function untested(): number {\n  return 1\n}\n`,
  'square.test.ts': testFile(
    `import { area } from './src/shapes'; test('square', () => { expect(area({ kind: 'square', size: 2 })).toBe(4) })`,
  ),
  'circle.test.ts': testFile(
    `import { area } from './src/shapes'; test('circle', () => { expect(area({ kind: 'circle', size: 1 })).toBeCloseTo(3.14) })`,
  ),
}

function summary(project: Project, directory: string): unknown {
  return JSON.parse(readFileSync(join(project.root, directory, 'coverage-summary.json'), 'utf8'))
}

describe.each(vitestVersions)('$name', (version) => {
  test.each(['v8', 'istanbul'])('%s', async (provider) => {
    const project = seedTest(version, files)
    const covered = (pool: string) =>
      vitestRun(project, [
        `--pool=${pool}`,
        '--coverage.enabled',
        `--coverage.provider=${provider}`,
        '--coverage.include=src/**',
        '--coverage.reporter=json-summary',
        `--coverage.reportsDirectory=figures-${pool}`,
      ])
    const sealed = await covered('nsbox')
    const forks = await covered('forks')
    expect(sealed.exitCode, sealed.output).toBe(0)
    expect(forks.exitCode, forks.output).toBe(0)
    const figures = summary(project, 'figures-nsbox')
    expect(figures).toEqual(summary(project, 'figures-forks'))
    expect(figures).toMatchObject({ total: { functions: { total: 3, covered: 1 } } })
  })
})

describe.each(vitestVersions.filter(({ name }) => name === 'vitest 5'))('$name', (version) => {
  test('of programs and threads that tests start', async () => {
    const program = 'export function used() {\n  return 1\n}\nexport function unused() {\n  return 2\n}\nused()\n'
    const project = seedTest(version, {
      'src/child.mjs': program,
      'src/thread.mjs': program,
      'starts.test.ts':
        testFile(`import { execFileSync } from 'node:child_process'; import { once } from 'node:events'; import { Worker } from 'node:worker_threads'
test('starts both', async () => { execFileSync(process.execPath, ['src/child.mjs']); await once(new Worker('./src/thread.mjs'), 'exit') })`),
    })
    const run = await vitestRun(project, [
      '--pool=nsbox',
      '--coverage.enabled',
      '--coverage.autoAttachSubprocess',
      '--coverage.include=src/**',
      '--coverage.reporter=json-summary',
      '--coverage.reportsDirectory=figures',
    ])
    expect(run.exitCode, run.output).toBe(0)
    expect(summary(project, 'figures')).toMatchObject({ total: { functions: { total: 4, covered: 2 } } })
  })
})

describe.each(vitestVersions)('$name', (version) => {
  test('turned on while vitest watches, and again right after', async () => {
    const { root, home } = seedTest(version, {
      ...files,
      'again.test.ts': files['square.test.ts'],
      'drive.mjs': `import { startVitest } from 'vitest/node'
import { readFileSync } from 'node:fs'
const coverage = { enabled: false, provider: 'v8', reporter: 'json-summary', include: ['src/**'] }
const vitest = await startVitest('test', [], { watch: true, pool: 'nsbox', reporters: [], coverage })
await vitest.enableCoverage()
for (const round of [1, 2]) {
  await vitest.rerunFiles()
  const { total } = JSON.parse(readFileSync('coverage/coverage-summary.json', 'utf8'))
  console.log('round', round, total.functions.covered, vitest.state.getUnhandledErrors().map(String).join())
}
await vitest.close()\n`,
    })
    const env = { PATH: dirname(process.execPath), HOME: home, NO_COLOR: '1' }
    const { stdout } = await promisify(execFile)(process.execPath, ['drive.mjs'], { cwd: root, env, timeout: 60_000 })
    expect(stdout).toMatch(/^round 1 1 $/m)
    expect(stdout).toMatch(/^round 2 1 $/m)
  })
})
