// Snapshots are vitest's own: they outlive the sandbox of the test that wrote them.

import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
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

/** Where programs look for what they run. */
const refused = ['package.json', 'tsconfig.json', 'fixtures/Dockerfile', 'fixtures/HEAD', '.npmrc']
const accepted = ['fixtures/objects/x', 'fixtures/refs/x', 'fixtures/config', 'let-in/package.json', '__snapshots__/package.json']

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

  describe('with names that are refused', () => {
    const names = [...refused, ...accepted].map((name) => (name.includes('/') ? name : `scaffold/${name}`))
    const files = {
      'covered.ts': 'export const half = (x: boolean) => (x ? 1 : 2)\n',
      'scaffold.test.ts': testFile(`import { half } from './covered'
test('all', async () => {
  expect(half(true)).toMatchSnapshot()
  for (const name of ${JSON.stringify(names)}) await expect('content').toMatchFileSnapshot('./' + name)
})
test('inline', () => { expect('x').toMatchInlineSnapshot() })`),
      'let-in/.keep': '',
    }
    const pools = ['nsbox', 'forks'] as const
    const projects = pools.map((pool) => {
      const project = seedSuite(version, files)
      project.write('vitest.config.ts', nsboxConfig({ test: `pool: '${pool}'`, options: `allow: ['${project.root}/let-in:rw']` }))
      return project
    })
    const coverage = ['--coverage', '--coverage.provider=istanbul', '--coverage.include=covered.ts', '--coverage.reporter=json-summary']
    let runs: VitestRun[]
    beforeAll(async () => {
      runs = [await vitestRun(projects[0] as Project, coverage), await vitestRun(projects[1] as Project, coverage)]
    })

    test('the file has the results, the counts and the coverage that it has with forks', () => {
      const [nsbox, forks] = runs.map(({ tests, output }, index) => ({
        tests,
        snapshots: output.match(/Snapshots +(\d+ written)/)?.[1],
        coverage: JSON.parse((projects[index] as Project).read('coverage/coverage-summary.json')).total,
      }))
      expect(nsbox, runs[0]?.output).toEqual(forks)
      expect(nsbox).toMatchObject({ snapshots: `${names.length + 2} written`, coverage: { lines: { covered: 1 } } })
    })

    test('each of them is told once, with the reason and the remedy, and the host has the others', () => {
      const [{ root }] = projects as [Project]
      const { output, exitCode } = runs[0] as VitestRun
      const told = [...output.matchAll(/scaffold\.test\.ts: A snapshot cannot be saved where .*: (\S+)\. \w/gm)].map(([, path]) => path)
      const [no, yes] = [names.slice(0, refused.length), names.slice(refused.length)]
      expect(exitCode).toBe(1)
      expect(told.toSorted(), output).toEqual(no.map((name) => join(root, name)).toSorted())
      for (const name of no) {
        expect(existsSync(join(root, name)), name).toBe(false)
        expect(output).toContain(`or let its directory in: allow: ['${dirname(join(root, name))}:rw']`)
      }
      expect(output).not.toContain('wrote ')
      for (const name of yes) expect(readFileSync(join(root, name), 'utf8'), name).toBe('content')
      expect(readFileSync(join(root, 'scaffold.test.ts'), 'utf8')).toContain('toMatchInlineSnapshot(`"x"`)')
    })
  })
})
