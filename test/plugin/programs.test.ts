// What tests run besides themselves: native addons, node, npx, git, databases, a browser.

import { chmodSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { needProgram } from '../support/programs.ts'
import { nsboxConfig, seedSuite, testFile, vitestVersions } from '../support/vitest-project.ts'
import { type VitestRun, vitestRun } from '../support/vitest-run.ts'

/** In each file a test of its own name: what is under test, and the program that the machine must have. */
const files: Record<string, { body: string; program?: string }> = {
  'a native addon': {
    body: `const koffi = (await import('koffi')).default
  expect(koffi.load(null).func('int getpid()')()).toBe(process.pid)`,
  },
  'node:sqlite': {
    body: `const { DatabaseSync } = await import('node:sqlite')
  const database = new DatabaseSync('made.db'); database.exec("create table t (a); insert into t values ('kept in a file')"); database.close()
  expect(new DatabaseSync('made.db').prepare('select a from t').get()).toEqual({ a: 'kept in a file' })`,
  },
  node: { body: `expect(await output('node', '-p', 'process.ppid')).toBe(process.pid + '\\n')` },
  npx: { body: `expect(await output('npx', '--no-install', 'greeter', 'said')).toBe('a local bin: said\\n')`, program: 'npx' },
  git: {
    body: `const git = (...words) => output('git', '-C', 'made', ...words)
  await output('git', 'init', '--quiet', 'made'); writeFileSync('made/file', 'content'); await git('add', 'file')
  await git('-c', 'user.name=a test', '-c', 'user.email=test@localhost', 'commit', '--quiet', '--message', 'first')
  expect(await git('log', '--format=%an: %s', '--name-only')).toBe('a test: first\\n\\nfile\\n')`,
    program: 'git',
  },
  sqlite3: {
    body: `await output('sqlite3', 'made.db', "create table t (a); insert into t values ('kept in a file')")
  expect(await output('sqlite3', 'made.db', 'select a from t')).toBe('kept in a file\\n')`,
    program: 'sqlite3',
  },
  // Its own sandbox wants user namespaces, which a sandbox must not make.
  chromium: {
    body: `const page = "<title></title><script>document.title = 'by the script of ' + location.pathname</script>"
  const server = createServer((_, answer) => answer.setHeader('content-type', 'text/html').end(page)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const dom = await output('chromium', '--headless', '--no-sandbox', '--dump-dom', 'http://localhost:' + server.address().port + '/page')
  server.close(); expect(dom).toContain('<title>by the script of /page</title>')`,
    program: 'chromium',
  },
}

const imports = `import { execFile } from 'node:child_process'; import { once } from 'node:events'; import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'; import { promisify } from 'node:util'
const output = async (...words) => (await promisify(execFile)(words[0], words.slice(1))).stdout`

function fileOf(name: string): string {
  return `${name.replaceAll(/\W/g, '-')}.test.ts`
}

describe.each(vitestVersions)('$name', (version) => {
  const project = seedSuite(version, {
    'vitest.config.ts': nsboxConfig({ test: "pool: 'nsbox', testTimeout: 60_000" }),
    'node_modules/greeter/package.json': '{ "name": "greeter", "bin": "./greeter.js" }',
    'node_modules/.bin/greeter': `#!/usr/bin/env node\nconsole.log('a local bin:', ...process.argv.slice(2))\n`,
    ...Object.fromEntries(
      Object.entries(files).map(([name, { body }]) => [
        fileOf(name),
        testFile(`${imports}
test('works', async () => {
  ${body}
})`),
      ]),
    ),
  })
  let run: VitestRun
  beforeAll(async () => {
    chmodSync(join(project.root, 'node_modules/.bin/greeter'), 0o755)
    run = await vitestRun(project)
  })

  test.for(Object.keys(files))('%s', (name, context) => {
    const { program } = files[name] ?? {}
    if (program !== undefined) needProgram(context, program)
    expect(run.failures[`${fileOf(name)} > works`]).toBeUndefined()
    expect(run.tests[`${fileOf(name)} > works`], run.output).toBe('passed')
  })

  test('the project has nothing of theirs afterwards', () => {
    expect(project.list().filter((name) => name.startsWith('made'))).toEqual([])
  })
})
