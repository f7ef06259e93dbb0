// The option keep: what failed files have left, for `nsbox shell` and `nsbox diff`.

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { type CommandEnd, nsbox } from '../support/command.ts'
import { fixture, oneVitest, type Project, seedSuite, testFile, vitestVersions } from '../support/vitest-project.ts'
import { onlyProjects, type VitestRun, vitestRun } from '../support/vitest-run.ts'

const seeded = fixture('keep')
const leaves = (name: string, body: string) =>
  testFile(`import { leave } from '../leave'; test('leaves', () => { leave('${name}'); ${body} })`)
const fails = (name: string) => leaves(name, 'expect(1).toBe(2)')
const passes = leaves('passed', '')

/** The built command: compiling its sources takes longer than everything it does here. */
function command({ root: cwd, home }: Project, words: string[], env: Record<string, string> = {}): Promise<CommandEnd> {
  return nsbox(words, { cwd, home, env, killAfter: 60_000 })
}

const diff = (project: Project, ...words: string[]) => command(project, ['diff', '--last-failed', ...words])

const shell = (project: Project, script: string, ...words: string[]) =>
  command(project, ['shell', '--last-failed', ...words, '--', '/bin/sh', '-c', script])

/** A file that left `left`: a shell opens in its state, and diff lists what it changed. What the shell wrote is gone. */
async function expectKept(project: Project, ofShell: string[], ofDiff: string[]): Promise<void> {
  expect(project.list()).toContain('removed.txt')
  expect(project.list()).not.toContain('left')
  const inside = await shell(project, 'cat left ~/left; ls removed.txt; pwd; echo $VITEST $NODE_ENV; echo more > left', ...ofShell)
  expect(inside.stdout).toBe(`lefthome${project.root}\ntrue test\n`)

  const listed = await diff(project, ...ofDiff)
  expect(listed.stdout).toMatch(/^A {2}left {2}4 B/m)
  expect(listed.stdout).toMatch(/^D {2}removed.txt/m)
  expect(listed.stdout).toMatch(/^A {2}.*home\/left/m)
  expect(listed.stdout).not.toMatch(/passed|nsbox/)
}

describe.each(vitestVersions)('$name', (version) => {
  // Root may write everywhere, so a file is in the way.
  const project = seedSuite(version, { ...seeded, 'src/b.test.ts': passes, 'node_modules/.nsbox': '' })
  const cache = join(project.scratch, 'cache')
  const env = { XDG_CACHE_HOME: cache }
  let run: VitestRun
  beforeAll(async () => {
    run = await vitestRun(project, ['--project=ways'], { env })
  })

  test('every way to fail is kept, and nothing else', async () => {
    const kept = [...run.output.matchAll(/^nsbox kept (\S+):/gm)].map(([, name]) => name).sort()
    const ways = ['crashes', 'exits', 'hangs', 'rejects', 'throws']
    expect(kept, run.output).toEqual(ways.map((way) => `ways/${way}.test.ts`))
    const unknown = await command(project, ['diff', '--last-failed', 'retries.test.ts'], env)
    expect(unknown.stderr).toMatch(/--last-failed is "retries.test.ts": nothing of it is kept; kept is .*exits.test.ts/)
    expect(unknown.exitCode).toBe(125)
  })

  test('one project is chosen by name', () => {
    expect(Object.keys(run.files).filter((file) => !file.startsWith('ways/'))).toEqual([])
  })

  test.each(['crashed', 'exited', 'hung', 'thrown'])('what a file left is kept: %s', (name) => {
    const left = readdirSync(cache, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith(`/${name}`))
    expect(left.map((path) => readFileSync(join(cache, path), 'utf8')).sort()).toEqual([name, 'home'].sort())
  })

  test('a shell finds what a file left that crashes', async () => {
    const words = ['shell', '--last-failed', 'crashes.test.ts', '--', '/bin/cat', 'crashed']
    expect((await command(project, words, env)).stdout).toBe('crashed')
  })

  test('where node_modules cannot be written to, it lies in the cache', () => {
    expect(readdirSync(cache)).toEqual(['nsbox'])
    expect(project.read('node_modules/.nsbox')).toBe('')
  })
})

describe.each(oneVitest)('one version', (version) => {
  describe('runs one after the other', () => {
    const project = seedSuite(version, {
      ...seeded,
      'src/a.test.ts': fails('left'),
      'src/b.test.ts': passes,
      'src/c.test.ts': fails('left-c'),
    })
    const failed = join(project.root, 'node_modules/.nsbox/failed')
    const runKeeping = (which: string, ...names: string[]) =>
      vitestRun(project, ['--project=src', ...names.map((name) => `src/${name}.test.ts`)], { env: { KEEP: which } })

    test('a shell opens in the state that a failed file left, and diff lists it', async () => {
      const run = await runKeeping('on-failure', 'a', 'b')
      expect(run.output).toContain('nsbox kept src/a.test.ts: nsbox shell --last-failed, nsbox diff --last-failed\n')
      expect(run.output).not.toContain('kept src/b.test.ts')
      await expectKept(project, [], ['a.test'])
    })

    test("keep: 'always' keeps every file; the next run replaces it", async () => {
      const run = await runKeeping('always', 'b', 'c')
      expect(run.output).toContain('nsbox kept src/b.test.ts')
      const listed = await diff(project)
      expect(listed.stderr).toContain('nsbox: this is src/c.test.ts, of ')
      const { files } = JSON.parse(readFileSync(join(failed, 'failed.json'), 'utf8'))
      expect(files).toHaveLength(2)
      expect(files).toContainEqual(expect.objectContaining({ file: join(project.root, 'src/b.test.ts'), failed: false }))
      expect(files).toContainEqual(expect.objectContaining({ file: join(project.root, 'src/c.test.ts'), failed: true }))
    })

    test('nothing failed: nothing is there', async () => {
      const run = await runKeeping('on-failure', 'b')
      expect(run.output).not.toContain('nsbox kept')
      expect(existsSync(failed)).toBe(false)
      const listed = await diff(project)
      expect(listed.stderr).toContain('nothing is kept of a run of vitest')
      expect(listed.exitCode).toBe(125)
    })
  })

  describe('projects with a pool each', { tags: ['root'] }, () => {
    const pools = ['disk', 'cold', 'seeded', 'echoed', 'shared', 'too-much']
    const many = Array.from({ length: 15 }, (_, n) => [`too-much/n${n}.test.ts`, testFile(`test('fails', () => { expect(1).toBe(2) })`)])
    const project = seedSuite(version, {
      ...seeded,
      ...Object.fromEntries(
        ['disk', 'cold'].flatMap((pool) => [
          [`${pool}/a.test.ts`, fails('left')],
          [`${pool}/b.test.ts`, passes],
        ]),
      ),
      'seeded/a.test.ts': fails('data.db'),
      'echoed/a.test.ts': fails('left-b'),
      'shared/a.test.ts': fails('left-a'),
      'shared/b.test.ts': fails('left-b'),
      'shared/c.test.ts': passes,
      ...Object.fromEntries(many),
      'too-much/big.test.ts': seeded['tests/big.test.ts'] as string,
    })
    let run: VitestRun
    beforeAll(async () => {
      run = await vitestRun(project, onlyProjects(pools))
    })

    test.each([
      ['on disk', 'disk'],
      ['launched cold', 'cold'],
    ])('a shell opens in the state that a failed file left, and diff lists it: %s', async (_, pool) => {
      const file = `${pool}/a.test.ts`
      expect(run.output).toMatch(
        new RegExp(`^nsbox kept ${file}: nsbox shell --last-failed( ${file})?, nsbox diff --last-failed( ${file})?$`, 'm'),
      )
      expect(run.output).not.toContain(`kept ${pool}/b.test.ts`)
      await expectKept(project, [file], [file])
    })

    test('what setup wrote lies under it', async () => {
      const listed = await diff(project, 'seeded/a.test.ts')
      expect(listed.stdout, listed.stderr + run.output).toMatch(/^M {2}data.db/m)
      expect(listed.stdout).not.toMatch(/other.db|gone.txt/)
    })

    test('each has the setup of its own project', async () => {
      const inSeeded = await shell(project, 'cat data.db other.db; ls gone.txt echoed.txt', 'seeded/a.test.ts')
      expect(inSeeded.stdout).toBe('data.dbseeded')
      const inEchoed = await shell(project, 'cat left-? echoed.txt; ls data.db', 'echoed/a.test.ts')
      expect(inEchoed.stdout).toBe('left-bechoed\n')
    })

    test('files that shared a worker share what is left', async () => {
      const file = 'shared/(a|b).test.ts'
      // The line of whichever is kept first names no file.
      expect(run.output).toMatch(new RegExp(`^nsbox kept ${file}, ${file}: nsbox shell --last-failed( ${file})?,`, 'm'))
      expect((await shell(project, 'cat left-a left-b passed', 'shared/b.test.ts')).stdout).toBe('left-aleft-bpassed')
    })

    test('what is too much is left out, and named', () => {
      expect(run.output).toMatch(
        /^nsbox did not keep too-much\/big.test.ts: it has 25[78] MiB, and what is kept may have 256 MiB in all, of which 1 MiB are taken$/m,
      )
      const kept = [...run.output.matchAll(/^nsbox kept (.*): nsbox shell/gm)].flatMap(([, files = '']) => files.split(', '))
      expect(kept, run.output).toHaveLength(20)
      expect(kept.filter((file) => file.startsWith('too-much/n'))).toHaveLength(14)
      expect(run.output).toMatch(/^nsbox did not keep too-much\/n\d+\.test\.ts: 20 files are kept already/m)
    })
  })
})
