// The option setup: what it writes lies under every file's overlay.

import { once } from 'node:events'
import { existsSync, readdirSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import {
  fixture,
  nsboxConfig,
  oneVitest,
  type Project,
  seedSuite,
  testFile,
  type VitestVersion,
  vitestVersions,
} from '../support/vitest-project.ts'
import { onlyProjects, startVitest, type VitestProcess, type VitestRun } from '../support/vitest-run.ts'
import { type RunInTurn, vitestRuns } from '../support/vitest-runs.ts'

const seeded = fixture('setup')
const finds = seeded['tests/finds.test.ts'] as string
const hangs = testFile(
  `test('waits', { timeout: 600_000 }, async () => { process.stdout.write('worker is up\\n'); await new Promise(() => {}) })`,
)

/** A pool of each kind, with two files that find what setup wrote. */
const pools = ['defaults', 'disk', 'cold', 'limits']
const files: Record<string, string> = {
  ...seeded,
  ...Object.fromEntries(pools.flatMap((pool) => ['a', 'b'].map((name) => [`${pool}/${name}.test.ts`, finds]))),
  'shared/a.test.ts': finds,
  'shared/b.test.ts': testFile(`test('runs', () => {})`),
}

function expectUntouched(project: Project): void {
  const entries = [...Object.keys(files), 'package.json', 'node_modules'].map((path) => path.split('/')[0] as string)
  expect(project.list()).toEqual([...new Set(entries)].sort())
  expect(project.list('replaced')).toEqual(['old.txt'])
  expect(project.read('changed.txt')).toBe('host')
  expect(project.list('../home')).not.toContain('seeded')
}

/** Directories in which this run keeps what setup wrote. */
function keptBy({ child }: VitestProcess): string[] {
  return readdirSync('/var/tmp').filter((name) => name.startsWith(`nsbox-${child.pid}-`))
}

describe.each(vitestVersions)('$name', (version) => {
  describe('projects with a setup each', () => {
    const project = seedSuite(version, files)
    const server = createServer((socket) => socket.end('the host'))
    let run: VitestRun
    let left: string[]
    beforeAll(async () => {
      server.listen(0, '127.0.0.1')
      await once(server, 'listening')
      const { port } = server.address() as AddressInfo
      const vitest = startVitest(project, ['run', ...onlyProjects(pools)], { env: { HOST_PORT: String(port) } })
      run = await vitest.done
      left = keptBy(vitest)
    })
    afterAll(() => void server.close())

    test.each([
      ['the defaults', 'defaults'],
      ["upper: 'disk'", 'disk'],
      ["launch: 'cold'", 'cold'],
      ['limits', 'limits'],
    ])('every file finds what setup wrote: %s', (_, pool) => {
      const results = Object.entries(run.tests).filter(([name]) => name.startsWith(`${pool}/`) && !name.includes('answer'))
      expect(
        results.map(([, status]) => status),
        run.output,
      ).toEqual(Array(4).fill('passed'))
    })

    test('it reaches what every file reaches', () => {
      expect(run.tests['limits/answer.test.ts > reads'], run.output).toBe('passed')
    })

    test('the host does not find it, and it is not heard', () => {
      expect(run.exitCode, run.output).toBe(0)
      expect(left).toEqual([])
      expect(run.output).not.toContain('seed says')
      expectUntouched(project)
    })
  })

  describe('in watch mode', () => {
    const project = seedSuite(version, files)
    let vitest: VitestProcess
    let first: string
    let again: string
    /** Runs the file in place of `defaults/a.test.ts` until the run has said this, and returns what was said. */
    const edit = async (source: string, said: RegExp) => {
      const from = vitest.output().length
      project.write('defaults/a.test.ts', source)
      await vitest.said(said, from)
      return vitest.output().slice(from)
    }
    beforeAll(async () => {
      const env = { HOME: join(project.root, '..'), NODE_DEBUG: 'nsbox:plugin', SEED: 'words' }
      vitest = startVitest(project, ['watch', '--project=defaults', '--project=shared', 'defaults/a.test.ts', 'shared'], { env })
      await vitest.said(/Waiting for file changes/)
      first = vitest.output()
      again = await edit(`${finds}\n`, /Waiting for file changes/)
    })
    afterAll(() => void vitest.child.kill('SIGKILL'))

    test('a workspace in HOME, shared workers, and watch mode, where it runs once; debugging shows what it said', () => {
      expect(first).toMatch(/Tests +5 passed \(5\)/)
      expect(again).toMatch(/Tests +2 passed/)
      expect(first + again).not.toContain('failed')
      expect((first + again).match(/seed says words/g), 'once for each project').toHaveLength(2)
      expect(existsSync(join(project.root, '../seeded'))).toBe(false)
    })

    test('nothing of it is left when vitest is killed', async () => {
      await edit(hangs, /worker is up/)
      const kept = [...first.matchAll(/kept in (\S+)/g)].map(([, path = '']) => path)
      expect(kept).toEqual(Array(2).fill(expect.stringMatching(`^/var/tmp/nsbox-${vitest.child.pid}-.*/setup$`)))
      expect(kept.every(existsSync)).toBe(true)
      vitest.child.kill('SIGKILL')
      await vitest.done
      await vi.waitFor(() => expect(keptBy(vitest)).toEqual([]), { timeout: 30_000, interval: 20 })
    })
  })
})

describe('one version', () => {
  const [version] = oneVitest as [VitestVersion]

  describe('stops the run, and is told', () => {
    const cases: [name: string, setup: string, said: string[]][] = [
      [
        'a setup that fails',
        "['/bin/sh', '-c', 'echo said; echo cried >&2; exit 3']",
        ["setup failed: it ended with exit code 3: /bin/sh -c 'echo said; echo cried >&2; exit 3'", 'said\ncried'],
      ],
      ['a program that is missing', "['not-a-program']", ['setup failed: Cannot run "not-a-program": it is not found along PATH']],
      ['a file that is missing', "'not-there.ts'", ['setup is "not-there.ts": there is no']],
    ]
    const configs = cases.map(([, setup], index) => [`${index}.config.ts`, nsboxConfig({ options: `setup: ${setup}` })])
    const project = seedSuite(version, { ...Object.fromEntries(configs), 'a.test.ts': testFile(`test('runs', () => {})`) })
    let runs: RunInTurn[]
    beforeAll(async () => {
      runs = await vitestRuns(
        project,
        configs.map(([config]) => [`--config=${config}`]),
      )
    })

    test.each(cases.map(([name, , said], index) => ({ name, said, index })))('$name', ({ said, index }) => {
      const { stderr, tests, exitCode } = runs[index] as RunInTurn
      for (const words of said) expect(stderr).toContain(words)
      expect(tests).toEqual({})
      expect(exitCode).toBe(1)
    })
  })
})
