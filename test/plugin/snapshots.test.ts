// Snapshots are vitest's own: they outlive the sandbox of the test that wrote them.

import { existsSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { fingerprint } from '../support/vitest-left-behind.ts'
import { fixture, nsboxConfig, type Project, seedSuite, testFile, vitestVersions } from '../support/vitest-project.ts'
import { type VitestRun, vitestRun } from '../support/vitest-run.ts'
import { type RunInTurn, vitestRuns } from '../support/vitest-runs.ts'

const snapshot = '__snapshots__/kept.test.ts.snap'

function tree({ root }: Project): Record<string, string> {
  return fingerprint(root, ['node_modules'])
}

/** Its files as they are now, for another project. */
function filesOf(project: Project): Record<string, string> {
  const entries = readdirSync(project.root, { recursive: true, encoding: 'utf8', withFileTypes: true })
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name).slice(project.root.length + 1))
  return Object.fromEntries(paths.filter((path) => !path.startsWith('node_modules')).map((path) => [path, project.read(path)]))
}

/** Its snapshot lies outside the workspace. */
const outside = 'outside.test.ts'
/** The files that keep vitest's own snapshot environment. */
const most = '--project=most'

describe.each(vitestVersions)('$name', (version) => {
  const project = seedSuite(version, fixture('snapshots'))
  let first: VitestRun
  let written: Record<string, string>
  beforeAll(async () => {
    first = await vitestRun(project)
    written = filesOf(project)
  })

  test('all snapshots are written', () => {
    expect(first.failures).toEqual({})
    expect(first.exitCode, first.output).toBe(0)
    expect(first.stdout).toMatch(/Snapshots +9 written/)
    expect(written[snapshot]).toContain('"value": "old"')
    expect(written['inline.test.ts']).toContain('toMatchInlineSnapshot(`\n    {\n      "value": "old",\n    }\n  `)')
    expect(written['helper.ts']).toContain('toMatchInlineSnapshot(`"old"`)')
    expect(written['made/for/it/value.txt']).toBe('old')
    expect(written['__snapshots__/thrown.test.ts.snap']).toContain('[Error: thrown]')
  })

  test('resolveSnapshotPath says where', () => {
    expect(first.tests['beside.test.ts > beside'], first.output).toBe('passed')
    expect(written['beside.test.ts.beside.snap']).toContain('alone')
  })

  test('a snapshot environment of one’s own', () => {
    expect(first.tests['own.test.ts > own'], first.output).toBe('passed')
    expect(written['__snapshots__/own.test.ts.snap']).toMatch(/^\/\/ an own header\n/)
  })

  test('in CI a new snapshot fails and is not written', async () => {
    project.write('new.test.ts', testFile(`test('new', () => { expect('new').toMatchSnapshot() })`))
    const before = tree(project)
    const run = await vitestRun(project, [most], { env: { CI: 'true' } })
    const { 'own.test.ts > own': _, ...others } = first.tests
    expect(run.tests, run.output).toEqual({ ...others, 'new.test.ts > new': 'failed' })
    expect(tree(project)).toEqual(before)
    rmSync(join(project.root, 'new.test.ts'))
  })

  describe('after a change', () => {
    const copy = seedSuite(version, {})
    let before: Record<string, string>
    let mismatch: RunInTurn
    let update: RunInTurn
    beforeAll(async () => {
      const changed = {
        ...written,
        'kept.test.ts': testFile(`test('kept', () => { expect({ value: 'new' }).toMatchSnapshot() })`),
        'alone.test.ts': testFile(`test('alone', () => {})`),
        'vitest.config.ts': nsboxConfig(),
      }
      for (const [path, content] of Object.entries(changed)) if (![outside, 'reviewed.test.ts'].includes(path)) copy.write(path, content)
      before = tree(project)
      const runs = await vitestRuns(
        project,
        [
          [most, '--reporter=./reviewable.ts'],
          [`--root=${copy.root}`, '-u'],
        ],
        { env: { VALUE: 'new' } },
      )
      ;[mismatch, update] = runs as [RunInTurn, RunInTurn]
    })

    test('a mismatch fails and writes nothing, and what matches writes nothing either', () => {
      expect(mismatch.exitCode).toBe(1)
      expect(mismatch.output).toMatch(/^ +(Snapshots +)?3 failed$/m)
      const statuses = ['alone', 'beside', 'thrown'].map((name) => mismatch.tests[`${name}.test.ts > ${name}`])
      expect(statuses, mismatch.output).toEqual(Array(3).fill('passed'))
      expect(tree(project)).toEqual(before)
    })

    test('changes are offered for review as vitest names them, and none that a test has forged', () => {
      const offered = [...mismatch.output.matchAll(/^reviewable (\w+): (.*)$/gm)].map(([, name, type]) => `${name} ${type}`)
      const named =
        version.name === 'vitest 5'
          ? ['file raw', 'inline inline', 'kept file']
          : ['file', 'inline', 'kept'].map((name) => `${name} undefined`)
      expect(offered.toSorted()).toEqual([named[0], ...Array(6).fill('forged undefined'), ...named.slice(1)])
    })

    test('outside the workspace it is refused and the host keeps its file', () => {
      expect(Object.keys(mismatch.failures).filter((name) => name.startsWith(outside))).toEqual([])
      expect(mismatch.output).toContain('A snapshot outside the workspace cannot be saved')
      expect(mismatch.output, 'no other error').toMatch(/caught 1 unhandled error/i)
      expect(existsSync(join(project.home, 'outside.txt'))).toBe(false)
    })

    test('-u updates the changed, removes those of a test that is no more, and the file with the last one', () => {
      expect(written).toHaveProperty(['__snapshots__/alone.test.ts.snap'])
      expect(update.exitCode, update.output).toBe(0)
      expect(copy.read(snapshot)).toContain('"value": "new"')
      expect(copy.read('inline.test.ts')).toContain('"value": "new"')
      expect(copy.read('made/for/it/value.txt')).toBe('new')
      expect(written[snapshot]).toContain('dropped')
      expect(copy.read(snapshot)).not.toContain('dropped')
      expect(existsSync(join(copy.root, '__snapshots__/alone.test.ts.snap'))).toBe(false)
    })
  })
})
