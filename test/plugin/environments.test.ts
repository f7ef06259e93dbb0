// Environments of vitest, mixed in one run: by config, by docblock, with options, and one's own.

import { beforeAll, describe, expect, test } from 'vitest'
import { expectNothingRuns } from '../support/vitest-left-behind.ts'
import { docblock, nsboxConfig, sealedTest, seedSuite, seedTest, testFile, vitestVersions } from '../support/vitest-project.ts'
import { type VitestRun, vitestRun } from '../support/vitest-run.ts'

const served = `const server = (await import('node:http')).createServer((_, answer) => {
    answer.setHeader('access-control-allow-origin', '*'); answer.end('served')
  })
  const port = await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server.address().port)))
  expect(await (await fetch('http://127.0.0.1:' + port)).text()).toBe('served')
  server.close()`
const domTests = `
test('document', () => { document.body.innerHTML = '<p>text</p>'; expect(document.querySelector('p').textContent).toBe('text') })
test('timers', async () => { await new Promise((resolve) => window.setTimeout(resolve, 1)); await new Promise((resolve) => setTimeout(resolve, 1)) })
test('fetch', async () => { ${served} })
test('events', () => { const heard = vi.fn(); window.addEventListener('x', heard); window.dispatchEvent(new Event('x')); expect(heard).toHaveBeenCalledOnce() })`

const files: Record<string, string> = {
  'jsdom.test.ts': `${docblock('jsdom')}${testFile(`test('is jsdom', () => { expect(navigator.userAgent).toContain('jsdom') })${domTests}`)}`,
  'happy-dom.test.ts': `${docblock('happy-dom')}${testFile(`test('is happy-dom', () => { expect(navigator.userAgent).toContain('HappyDOM') })${domTests}`)}`,
  'clean.test.ts': `${docblock('jsdom')}${testFile(`test('another file of the same environment starts clean', () => { expect(document.body.innerHTML).toBe('') })
test('options of the config', () => { expect(location.href).toBe('http://configured.test/') })`)}`,
  'options.test.ts': `${docblock('jsdom', { url: 'http://docblock.test/' })}${testFile(
    `test('options of a docblock', () => { expect(location.href).toBe('http://docblock.test/') })`,
  )}`,
  'node.test.ts': testFile(`test('no document', () => { expect(globalThis.document).toBeUndefined() })`),
  'own.test.ts': `${docblock('own')}${testFile(`test('set up by its own file', () => { expect(globalThis.own).toBe('set up') })`)}`,
}

const ownEnvironment = `export default {
  name: 'own', viteEnvironment: 'ssr', transformMode: 'ssr',
  setup(global) { global.own = 'set up'; return { teardown() { console.log('own environment torn down') } } },
}\n`

describe.each(vitestVersions)('$name', (version) => {
  const project = seedSuite(version, {
    'vitest.config.ts': nsboxConfig({ test: `pool: 'nsbox', environmentOptions: { jsdom: { url: 'http://configured.test/' } }` }),
    'node_modules/vitest-environment-own/package.json': '{ "type": "module", "exports": "./index.js" }',
    'node_modules/vitest-environment-own/index.js': ownEnvironment,
    ...files,
  })
  let run: VitestRun
  beforeAll(async () => {
    run = await vitestRun(project)
  })

  test.each(Object.keys(files))('%s', (file) => {
    expect(Object.entries(run.failures).filter(([name]) => name.startsWith(file))).toEqual([])
    expect(run.files[file], run.output).toBe('passed')
  })

  test('exit code 0, and environments are torn down', () => {
    expect(run.exitCode, run.output).toBe(0)
    expect(run.stdout).toContain('own environment torn down')
  })
})

describe.each(vitestVersions)('$name, environment of the config that is a file', (version) => {
  const project = seedSuite(version, {
    'vitest.config.ts': nsboxConfig({ test: `pool: 'nsbox', environment: './own.js'` }),
    'own.js': ownEnvironment,
    'own.test.ts': files['own.test.ts']?.replace(/.*\n/, '') ?? '',
  })

  test('set up in each worker', async () => {
    const run = await vitestRun(project)
    expect(run.tests, run.output).toEqual({ 'own.test.ts > set up by its own file': 'passed' })
    expect(run.exitCode, run.output).toBe(0)
  })
})

describe.each(vitestVersions.slice(0, 1))('$name', (version) => {
  test('an environment that blocks when it is set up costs its file the time that vitest gives, and nothing is left', async () => {
    const project = seedTest(version, {
      'node_modules/vitest-environment-blocks/package.json': '{ "type": "module", "exports": "./index.js" }',
      'node_modules/vitest-environment-blocks/index.js': `export default { name: 'blocks', viteEnvironment: 'ssr', setup() { Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0) } }\n`,
      'blocked.test.ts': docblock('blocks') + testFile(`test('never runs', () => {})`),
      'plain.test.ts': sealedTest,
    })
    const run = await vitestRun(project, [], { killAfter: 110_000 })
    expect(run.output).toContain('blocked.test.ts: the worker did not start in 60 s')
    expect(run.tests, run.output).toEqual({ 'plain.test.ts > sealed': 'passed' })
    expect(run.exitCode).toBe(1)
    await expectNothingRuns(project)
  })
})
