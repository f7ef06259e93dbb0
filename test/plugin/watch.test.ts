// Watch mode: an edit on the host is seen by the next sandbox.

import { describe, expect, test } from 'vitest'
import { seedTest, testFile, vitestVersions } from '../support/vitest-project.ts'
import { startVitest } from '../support/vitest-run.ts'

describe.each(vitestVersions)('$name', (version) => {
  test('an edit runs what imports it again, in a new sandbox', async () => {
    const project = seedTest(version, {
      'value.ts': 'export const value = 1\n',
      'value.test.ts': testFile(`import { hostname } from 'node:os'; import { value } from './value'
test('value', () => { console.log('saw ' + value + ' on ' + hostname()); expect(value).toBeGreaterThan(0) })`),
      'other.test.ts': testFile(`test('other', () => {})`),
    })
    const vitest = startVitest(project, ['watch'])
    await vitest.said(/for file changes/)
    expect(vitest.output()).toContain('saw 1 on nsbox')
    const first = vitest.output().length
    project.write('value.ts', 'export const value = 2\n')
    await vitest.said(/for file changes/, first)
    expect(vitest.output().slice(first)).toContain('saw 2 on nsbox')
    expect(vitest.output().slice(first)).toMatch(/Test Files +1 passed \(1\)/)
    const second = vitest.output().length
    project.write('value.ts', 'export const value = 0\n')
    await vitest.said(/for file changes/, second)
    expect(vitest.output().slice(second)).toContain('expected 0 to be greater than 0')
    vitest.child.kill('SIGINT')
    const { exitCode, signal } = await vitest.done
    expect(exitCode ?? signal).not.toBe('SIGKILL')
  })
})
