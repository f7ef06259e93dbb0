// The option keep: what failed files have left, for `nsbox shell` and `nsbox diff`.

import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { type CommandEnd, nsbox } from '../support/command.ts'
import { nsboxConfig, type Project, seedTest, testFile, type VitestVersion, vitestVersions } from '../support/vitest-project.ts'
import { vitestRun } from '../support/vitest-run.ts'

const writes = `import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
function leave(name) { writeFileSync(name, name); writeFileSync(process.env.HOME + '/' + name, 'home'); rmSync('removed.txt', { force: true }) }`
const fails = (name: string) => testFile(`${writes}; test('fails', () => { leave('${name}'); expect(1).toBe(2) })`)
const passes = testFile(`${writes}; test('passes', () => { leave('passed') })`)

const seeded = (version: VitestVersion, options: string, files: Record<string, string>, test = "pool: 'nsbox'") =>
  seedTest(version, { 'vitest.config.ts': nsboxConfig({ options, test }), 'removed.txt': '', ...files })

function command(project: Project, ...words: string[]): Promise<CommandEnd> {
  return nsbox(words, { cwd: project.root, home: project.home })
}

const shell = (project: Project, script: string, ...words: string[]) =>
  command(project, 'shell', '--last-failed', ...words, '--', '/bin/sh', '-c', script)

describe.each(vitestVersions)('$name', (version) => {
  test.each([
    ['in memory', ''],
    ['on disk', ", upper: 'disk'"],
    ['launched cold', ", launch: 'cold'"],
  ])('a shell opens in the state that a failed file left, and diff lists it: %s', async (_, options) => {
    const project = seeded(version, `keep: 'on-failure'${options}`, { 'src/a.test.ts': fails('left'), 'b.test.ts': passes })
    const run = await vitestRun(project)
    expect(run.output).toContain('nsbox kept src/a.test.ts: nsbox shell --last-failed, nsbox diff --last-failed\n')
    expect(run.output).not.toContain('kept b.test.ts')
    expect(project.list()).toContain('removed.txt')
    expect(project.list()).not.toContain('left')

    const diff = await command(project, 'diff', '--last-failed')
    expect(diff.stdout).toMatch(/^A {2}left {2}4 B/m)
    expect(diff.stdout).toMatch(/^D {2}removed.txt/m)
    expect(diff.stdout).toMatch(/^A {2}.*home\/left/m)
    expect(diff.stdout).not.toMatch(/passed|nsbox/)

    const inside = await shell(project, 'cat left ~/left; ls removed.txt; pwd; echo $VITEST $NODE_ENV; echo more > left')
    expect(inside.stdout).toBe(`lefthome${project.root}\ntrue test\n`)
    const again = await shell(project, 'cat left', 'a.test')
    expect(again.stdout).toBe('left')
  })

  test('every way to fail is kept, and nothing else', async () => {
    const project = seeded(
      version,
      "keep: 'on-failure', hangTimeout: 500",
      {
        'exits.test.ts': testFile(`${writes}; test('exits', () => { leave('exited'); process.reallyExit(3) })`),
        'crashes.test.ts': testFile(`${writes}; test('crashes', () => { leave('crashed'); process.abort() })`),
        'hangs.test.ts': testFile(`${writes}; test('hangs', () => { leave('hung'); for (;;); })`),
        'throws.test.ts': testFile(`${writes}; leave('thrown'); throw new Error('not loaded')`),
        'rejects.test.ts': testFile(
          `${writes}; test('rejects', async () => { leave('rejected'); Promise.reject(new Error('unhandled')); await new Promise((r) => setTimeout(r, 50)) })`,
        ),
        'retries.test.ts': testFile(`${writes}; let n = 0; test('retries', { retry: 1 }, () => { leave('retried'); expect(n++).toBe(1) })`),
        'skips.test.ts': testFile(`${writes}; leave('skipped'); test.skip('skips', () => {}); test.todo('todo')`),
      },
      "pool: 'nsbox', maxWorkers: 2",
    )
    const run = await vitestRun(project)
    const kept = [...run.output.matchAll(/^nsbox kept (\S+):/gm)].map(([, name]) => name).sort()
    expect(kept, run.output).toEqual(['crashes.test.ts', 'exits.test.ts', 'hangs.test.ts', 'rejects.test.ts', 'throws.test.ts'])
    for (const [file, name] of [
      ['crashes', 'crashed'],
      ['exits', 'exited'],
      ['hangs', 'hung'],
      ['throws', 'thrown'],
    ] as const)
      expect((await shell(project, `cat ${name}`, `${file}.test.ts`)).stdout).toBe(name)
    const unknown = await command(project, 'diff', '--last-failed', 'retries.test.ts')
    expect(unknown.stderr).toMatch(/--last-failed is "retries.test.ts": nothing of it is kept; kept is .*exits.test.ts/)
    expect(unknown.exitCode).toBe(125)
  })

  test('what setup wrote lies under it', async () => {
    const script = `import { rmSync, writeFileSync } from 'node:fs'; writeFileSync('data.db', 'seeded'); writeFileSync('other.db', 'seeded'); rmSync('gone.txt')`
    const project = seeded(version, "keep: 'on-failure', setup: 'seed.js'", {
      'seed.js': script,
      'gone.txt': '',
      'a.test.ts': testFile(`${writes}; test('fails', () => { leave('data.db'); expect(1).toBe(2) })`),
    })
    await vitestRun(project)
    const diff = await command(project, 'diff', '--last-failed')
    expect(diff.stdout).toMatch(/^M {2}data.db/m)
    expect(diff.stdout).not.toMatch(/other.db|gone.txt/)
    expect((await shell(project, 'cat data.db other.db; ls gone.txt')).stdout).toBe('data.dbseeded')
  })

  test('files that shared a worker share what is left', async () => {
    const project = seeded(
      version,
      "keep: 'on-failure'",
      { 'a.test.ts': fails('left-a'), 'b.test.ts': fails('left-b'), 'c.test.ts': passes },
      "pool: 'nsbox', isolate: false, maxWorkers: 1",
    )
    const run = await vitestRun(project)
    expect(run.output).toMatch(/^nsbox kept (a.test.ts, b.test.ts|b.test.ts, a.test.ts): nsbox shell --last-failed,/m)
    expect((await shell(project, 'cat left-a left-b passed', 'b.test.ts')).stdout).toBe('left-aleft-bpassed')
  })

  test('projects with a pool and a setup each', async () => {
    const project = (name: string) =>
      `{ extends: false, plugins: [nsbox({ keep: 'on-failure', setup: ['/bin/sh', '-c', 'echo ${name} > seeded'] })], test: { name: '${name}', include: ['${name}.test.ts'], pool: 'nsbox' } }`
    const seeded = seedTest(version, {
      'vitest.config.ts': nsboxConfig({ test: `projects: [${project('a')}, ${project('b')}]` }),
      'a.test.ts': fails('left-a'),
      'b.test.ts': fails('left-b'),
    })
    const run = await vitestRun(seeded)
    expect(run.output.match(/^nsbox kept/gm), run.output).toHaveLength(2)
    expect((await shell(seeded, 'cat left-? seeded', 'a.test.ts')).stdout).toBe('left-aa\n')
    expect((await shell(seeded, 'cat left-? seeded', 'b.test.ts')).stdout).toBe('left-bb\n')
  })

  test("keep: 'always' keeps every file; the next run replaces it", async () => {
    const project = seeded(version, "keep: 'always'", { 'a.test.ts': fails('left'), 'b.test.ts': passes })
    const run = await vitestRun(project)
    expect(run.output).toContain('nsbox kept b.test.ts')
    const diff = await command(project, 'diff', '--last-failed')
    expect(diff.stderr).toContain('nsbox: this is a.test.ts, of ')
    project.write('a.test.ts', passes)
    await vitestRun(project, ['a.test.ts'])
    const list = JSON.parse(readFileSync(join(project.root, 'node_modules/.nsbox/failed/failed.json'), 'utf8'))
    expect(list.files).toMatchObject([{ file: join(project.root, 'a.test.ts'), failed: false }])
  })

  test('nothing failed: nothing is there', async () => {
    const project = seeded(version, "keep: 'on-failure'", { 'a.test.ts': fails('left') })
    await vitestRun(project)
    project.write('a.test.ts', passes)
    const run = await vitestRun(project)
    expect(run.output).not.toContain('nsbox kept')
    expect(existsSync(join(project.root, 'node_modules/.nsbox/failed'))).toBe(false)
    const diff = await command(project, 'diff', '--last-failed')
    expect(diff.stderr).toContain('nothing is kept of a run of vitest')
    expect(diff.exitCode).toBe(125)
  })

  test('what is too much is left out, and named', async () => {
    const files = Object.fromEntries(
      Array.from({ length: 21 }, (_, n) => [`n${n}.test.ts`, testFile(`test('fails', () => { expect(1).toBe(2) })`)]),
    )
    const big = testFile(
      `import { writeFileSync } from 'node:fs'; test('big', () => { writeFileSync('big', Buffer.alloc(257 << 20)); expect(1).toBe(2) })`,
    )
    const project = seeded(version, "keep: 'on-failure', upper: 'disk'", { 'big.test.ts': big })
    const large = await vitestRun(project)
    expect(large.output).toMatch(
      /^nsbox did not keep big.test.ts: it has 25[78] MiB, and what is kept may have 256 MiB in all, of which 0 MiB are taken$/m,
    )
    rmSync(join(project.root, 'big.test.ts'))
    for (const [name, text] of Object.entries(files)) project.write(name, text)
    const many = await vitestRun(project)
    expect(many.output.match(/^nsbox kept/gm)).toHaveLength(20)
    expect(many.output).toMatch(/^nsbox did not keep n\d+\.test\.ts: 20 files are kept already/m)
  })
})

test('where node_modules cannot be written to, it lies in the cache', async () => {
  const [version] = vitestVersions as [VitestVersion]
  const project = seeded(version, "keep: 'on-failure'", { 'src/a.test.ts': fails('left') })
  const cache = join(project.scratch, 'cache')
  // Root may write everywhere, so a file is in the way.
  project.write('node_modules/.nsbox', '')
  const run = await vitestRun(project, [], { env: { XDG_CACHE_HOME: cache } })
  expect(run.output).toContain('nsbox kept src/a.test.ts')
  const diff = await nsbox(['diff', '--last-failed'], { cwd: project.root, home: project.home, env: { XDG_CACHE_HOME: cache } })
  expect(diff.stdout).toMatch(/^A {2}left/m)
})
