// The option setup: what it writes lies under every file's overlay.

import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { processesOf } from '../support/vitest-left-behind.ts'
import { nsboxConfig, type Project, seedTest, testFile, vitestVersions } from '../support/vitest-project.ts'
import { startVitest, vitestRun } from '../support/vitest-run.ts'

/** A script, in TypeScript, that writes a database and more, and says that it ran. */
const seed = `import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
const words: string[] = ['seeded']
if (existsSync('data.db')) throw new Error('this is not a fresh place')
console.log('seed says', process.env['SEED'])
writeFileSync('data.db', words.join())
writeFileSync(process.env['HOME'] + '/seeded', 'home')
rmSync('removed.txt')
rmSync('replaced', { recursive: true })
mkdirSync('replaced')
writeFileSync('replaced/new.txt', 'new')
appendFileSync('changed.txt', ' and inside')
writeFileSync('generated.ts', 'export const generated: string = "by setup"')
writeFileSync('constants.ts', 'export const constant: number = 2')
`

/** Finds what setup wrote, and overwrites all of it. */
const finds = testFile(`import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { generated } from './generated'; import { constant } from './constants.js'
test('finds it fresh', () => {
  expect(readFileSync('data.db', 'utf8')).toBe('seeded'); expect(readFileSync(process.env.HOME + '/seeded', 'utf8')).toBe('home')
  expect(existsSync('removed.txt')).toBe(false); expect(readdirSync('replaced')).toEqual(['new.txt'])
  expect(readFileSync('changed.txt', 'utf8')).toBe('host and inside')
  writeFileSync('data.db', 'overwritten'); rmSync('replaced', { recursive: true }); writeFileSync('removed.txt', 'again')
})
test('imports it', async () => {
  expect(generated).toBe('by setup'); expect(constant).toBe(2)
  expect((await import('./generated.ts')).generated).toBe('by setup')
})`)

const files = {
  'seed.ts': seed,
  'removed.txt': 'host',
  'replaced/old.txt': 'host',
  'changed.txt': 'host',
  'constants.ts': 'export const constant: number = 1\n',
  'a.test.ts': finds,
  'b.test.ts': finds,
  'c.test.ts': finds,
}

function config(options: string, test = "pool: 'nsbox'"): string {
  return nsboxConfig({ options, test })
}

function expectUntouched(project: Project): void {
  expect(project.list()).toEqual(
    [...Object.keys({ ...files, 'vitest.config.ts': '', 'package.json': '' }), 'node_modules', 'replaced']
      .filter((name) => !name.includes('/'))
      .sort(),
  )
  expect(project.list('replaced')).toEqual(['old.txt'])
  expect(project.read('changed.txt')).toBe('host')
  expect(project.list('../home')).not.toContain('seeded')
}

describe.each(vitestVersions)('$name', (version) => {
  test.each([
    ['the defaults', ''],
    ["upper: 'disk'", "upper: 'disk'"],
    ["launch: 'cold'", "launch: 'cold'"],
    ['limits', "memory: '1G', disk: '1M'"],
  ])('every file finds what setup wrote, and the host does not: %s', async (_, options) => {
    const project = seedTest(version, { 'vitest.config.ts': config(`setup: 'seed.ts', ${options}`), ...files })
    const run = await vitestRun(project)
    expect(run.exitCode, run.output).toBe(0)
    expect(Object.values(run.tests)).toEqual(Array(6).fill('passed'))
    expect(run.output).not.toContain('seed says')
    expectUntouched(project)
  })

  test('a workspace in HOME, and files that share a worker', async () => {
    const project = seedTest(version, {
      'vitest.config.ts': config("setup: ['node', 'seed.ts']", "pool: 'nsbox', isolate: false"),
      ...files,
    })
    project.write('b.test.ts', '')
    project.write('c.test.ts', testFile(`test('runs', () => {})`))
    const run = await vitestRun(project, ['a.test.ts', 'c.test.ts'], { env: { HOME: join(project.root, '..') } })
    expect(run.exitCode, run.output).toBe(0)
    expect(existsSync(join(project.root, '../seeded'))).toBe(false)
  })

  test('a setup that fails stops the run, with its exit code and all that it said', async () => {
    const project = seedTest(version, {
      'vitest.config.ts': config("setup: ['/bin/sh', '-c', 'echo said; echo cried >&2; exit 3']"),
      'a.test.ts': testFile(`test('runs', () => {})`),
    })
    const run = await vitestRun(project)
    expect(run.stderr).toContain('setup failed: it ended with exit code 3: /bin/sh -c echo said; echo cried >&2; exit 3')
    expect(run.stderr).toContain('said\ncried')
    expect(run.tests).toEqual({})
    expect(run.exitCode).toBe(1)
  })

  test.each([
    ["setup: 'not-there.ts'", 'setup is "not-there.ts": there is no'],
    ["setup: 'npm run seed'", 'the words of a command: ["npm","run","seed"]'],
    ["setup: ['not-a-program']", 'setup failed: Cannot run "not-a-program": it is not found along PATH'],
    ['setup: []', 'setup is []'],
  ])('%s stops the run', async (options, said) => {
    const project = seedTest(version, { 'vitest.config.ts': config(options), 'a.test.ts': testFile(`test('runs', () => {})`) })
    const run = await vitestRun(project)
    expect(run.stderr).toContain(said)
    expect(run.tests).toEqual({})
    expect(run.exitCode).toBe(1)
  })

  test('it reaches what every file reaches', async () => {
    const server = createServer((socket) => socket.end('the host')).listen(0, '127.0.0.1')
    await once(server, 'listening')
    onTestFinished(() => void server.close())
    const { port } = server.address() as AddressInfo
    const project = seedTest(version, {
      'vitest.config.ts': config(`setup: 'ask.js', forward: [${port}]`),
      'ask.js': `import { createWriteStream } from 'node:fs'; import { connect } from 'node:net'; connect(${port}, '127.0.0.1').pipe(createWriteStream('answer'))`,
      'a.test.ts': testFile(
        `import { readFileSync } from 'node:fs'; test('reads', () => { expect(readFileSync('answer', 'utf8')).toBe('the host') })`,
      ),
    })
    const run = await vitestRun(project)
    expect(run.exitCode, run.output).toBe(0)
  })

  test('what it said is shown for debugging', async () => {
    const project = seedTest(version, { 'vitest.config.ts': config("setup: 'seed.ts'"), ...files })
    const run = await vitestRun(project, ['a.test.ts'], { env: { NODE_DEBUG: 'nsbox:plugin', SEED: 'words' } })
    expect(run.output).toContain('seed says words')
    const [, directory = '/'] = /kept in (\S+)/.exec(run.output) ?? []
    expect(existsSync(directory)).toBe(false)
  })

  test('in watch mode it runs once', async () => {
    const project = seedTest(version, { 'vitest.config.ts': config("setup: 'seed.ts'"), ...files })
    const vitest = startVitest(project, ['watch', 'a.test.ts'], { env: { NODE_DEBUG: 'nsbox:plugin' } })
    await vitest.said(/Waiting for file changes/)
    const from = vitest.output().length
    project.write('a.test.ts', `${finds}\n`)
    await vitest.said(/Waiting for file changes/, from)
    vitest.child.kill('SIGINT')
    const run = await vitest.done
    expect(run.output.match(/seed says/g)).toHaveLength(1)
    expect(run.output).not.toContain('failed')
  })

  test('nothing of it is left when vitest is killed', async () => {
    const project = seedTest(version, {
      'vitest.config.ts': config("setup: 'seed.ts'"),
      ...files,
      'a.test.ts': testFile(
        `test('waits', { timeout: 600_000 }, async () => { process.stdout.write('worker is up\\n'); await new Promise(() => {}) })`,
      ),
    })
    const vitest = startVitest(project, ['run', 'a.test.ts'])
    await vitest.said(/worker is up/)
    const [directory] = processesOf(project, vitest.child.pid)
      .filter(({ words }) => words.includes('nsbox-janitor'))
      .map(({ words }) => words.at(-1) ?? '')
      .filter((path) => path.startsWith('/var/tmp'))
    expect(existsSync(join(directory ?? '', 'setup'))).toBe(true)
    vitest.child.kill('SIGKILL')
    await vitest.done
    await vi.waitFor(() => expect(existsSync(directory ?? '')).toBe(false), { timeout: 30_000, interval: 20 })
  })
})
