// Snapshots are vitest's own: they outlive the sandbox of the test that wrote them.

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { fingerprint } from '../support/vitest-left-behind.ts'
import { nsboxConfig, type Project, seedTest, testFile, vitestVersions } from '../support/vitest-project.ts'
import { vitestRun } from '../support/vitest-run.ts'

const files = {
  'kept.test.ts': testFile(`test('kept', () => { expect({ value: process.env['VALUE'] ?? 'old' }).toMatchSnapshot() })
test.skipIf(process.env['VALUE'])('dropped', () => { expect('dropped').toMatchSnapshot() })`),
  'inline.test.ts': testFile(`
test('inline', () => {
  expect({ value: process.env['VALUE'] ?? 'old' }).toMatchInlineSnapshot()
})`),
  'file.test.ts': testFile(
    `test('file', async () => { await expect(process.env['VALUE'] ?? 'old').toMatchFileSnapshot('./made/for/it/value.txt') })`,
  ),
  'thrown.test.ts': testFile(`test('thrown', () => { expect(() => { throw new Error('thrown') }).toThrowErrorMatchingSnapshot() })`),
}
const alone = testFile(`test('alone', () => { expect('alone').toMatchSnapshot() })`)

describe.each(vitestVersions)('$name', (version) => {
  describe('in one run and the next', () => {
    const snapshot = '__snapshots__/kept.test.ts.snap'
    const tree = ({ root }: Project) => fingerprint(root, ['node_modules'])
    const seeded = () => seedTest(version, { 'vitest.config.ts': nsboxConfig({ test: "pool: 'nsbox'" }), ...files, 'alone.test.ts': alone })
    const written = async () => {
      const project = seeded()
      const run = await vitestRun(project)
      expect(run.exitCode, run.output).toBe(0)
      return project
    }

    test('the first run writes all of them', async () => {
      const project = seeded()
      const run = await vitestRun(project)
      expect(run.failures).toEqual({})
      expect(run.exitCode, run.output).toBe(0)
      expect(run.stdout).toMatch(/Snapshots +6 written/)
      expect(project.read(snapshot)).toContain('"value": "old"')
      expect(project.read('inline.test.ts')).toContain('toMatchInlineSnapshot(`\n    {\n      "value": "old",\n    }\n  `)')
      expect(project.read('made/for/it/value.txt')).toBe('old')
      expect(project.read('__snapshots__/thrown.test.ts.snap')).toContain('[Error: thrown]')
    })

    test('the second compares and writes nothing', async () => {
      const project = await written()
      const before = tree(project)
      const run = await vitestRun(project)
      expect(run.exitCode, run.output).toBe(0)
      expect(tree(project)).toEqual(before)
    })

    test('a mismatch fails and writes nothing', async () => {
      const project = await written()
      const before = tree(project)
      const run = await vitestRun(project, [], { env: { VALUE: 'new' } })
      expect(run.exitCode).toBe(1)
      expect(run.stdout + run.stderr).toMatch(/Snapshots +3 failed/)
      expect(tree(project)).toEqual(before)
    })

    test('-u updates the changed and removes the obsolete', async () => {
      const project = await written()
      const run = await vitestRun(project, ['-u'], { env: { VALUE: 'new' } })
      expect(run.exitCode, run.output).toBe(0)
      expect(project.read(snapshot)).toContain('"value": "new"')
      expect(project.read('inline.test.ts')).toContain('"value": "new"')
      expect(project.read('made/for/it/value.txt')).toBe('new')
    })

    test('-u removes the snapshots of a test that is no more, and the file with the last one', async () => {
      const project = await written()
      project.write('kept.test.ts', testFile(`test('kept', () => { expect({ value: 'new' }).toMatchSnapshot() })`))
      project.write('alone.test.ts', testFile(`test('alone', () => {})`))
      const run = await vitestRun(project, ['kept', 'alone', '-u'])
      expect(run.exitCode, run.output).toBe(0)
      expect(project.read(snapshot)).not.toContain('dropped')
      expect(existsSync(join(project.root, '__snapshots__/alone.test.ts.snap'))).toBe(false)
    })

    test('in CI a new snapshot fails and is not written', async () => {
      const project = seeded()
      project.write('new.test.ts', testFile(`test('new', () => { expect('new').toMatchSnapshot() })`))
      const run = await vitestRun(project, ['new'], { env: { CI: 'true' } })
      expect(run.tests, run.output).toEqual({ 'new.test.ts > new': 'failed' })
      expect(existsSync(join(project.root, '__snapshots__/new.test.ts.snap'))).toBe(false)
    })
  })

  test('resolveSnapshotPath says where', async () => {
    const project = seedTest(version, {
      'vitest.config.ts': nsboxConfig({ test: `pool: 'nsbox', resolveSnapshotPath: (path, extension) => path + '.beside' + extension` }),
      'alone.test.ts': alone,
    })
    const run = await vitestRun(project)
    expect(run.exitCode, run.output).toBe(0)
    expect(project.read('alone.test.ts.beside.snap')).toContain('alone')
  })

  test('a snapshot environment of one’s own', async () => {
    const project = seedTest(version, {
      'vitest.config.ts': nsboxConfig({ test: `pool: 'nsbox', snapshotEnvironment: './own.ts'` }),
      'own.ts': `import { VitestSnapshotEnvironment } from 'vitest/runtime'
class Own extends VitestSnapshotEnvironment { getHeader() { return '// an own header' } }
export default new Own()\n`,
      'alone.test.ts': alone,
    })
    const run = await vitestRun(project)
    expect(run.exitCode, run.output).toBe(0)
    expect(project.read('__snapshots__/alone.test.ts.snap')).toMatch(/^\/\/ an own header\n/)
  })

  test('a snapshot outside the workspace is refused and the host keeps its file', async () => {
    const project = seedTest(version, {
      'outside.test.ts': testFile(
        `test('outside', async () => { await expect('x').toMatchFileSnapshot(process.env['HOME'] + '/outside.txt') })`,
      ),
    })
    const run = await vitestRun(project)
    expect(run.exitCode).toBe(1)
    expect(run.failures['outside.test.ts > outside'] ?? run.output).toContain('A snapshot outside the workspace cannot be saved')
    expect(existsSync(join(project.home, 'outside.txt'))).toBe(false)
  })
})
