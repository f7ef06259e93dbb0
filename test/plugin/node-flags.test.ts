// Flags for the workers' node, from vitest's config and from NODE_OPTIONS.

import { mkdtempSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { nsboxConfig, seedSuite, testFile, vitestVersions } from '../support/vitest-project.ts'
import { vitestRun } from '../support/vitest-run.ts'

/** Hooks that it registers run in a thread of their own, which a fork would lose. */
const register = `import { register } from 'node:module'
const load = async (url, context, next) => (url.endsWith('hooked/index.js') ? { format: 'module', shortCircuit: true, source: 'export default "by a hook"' } : next(url, context))
register('data:text/javascript,' + encodeURIComponent('export const load = ' + load))\n`

describe.each(vitestVersions)('$name', (version) => {
  const project = seedSuite(version, {
    'vitest.config.ts': nsboxConfig({
      test: `pool: 'nsbox', projects: [
        { extends: true, test: { name: 'plain', include: ['plain.test.ts'] } },
        { extends: true, test: { name: 'flags', include: ['flags.test.ts'], execArgv: ['--stack-trace-limit=3'] } },
        { extends: true, test: { name: 'hooks', include: ['hooks.test.ts'], execArgv: ['--import', './register.mjs'] } },
      ]`,
    }),
    'register.mjs': register,
    'required.cjs': 'globalThis.required = true\n',
    'node_modules/hooked/index.js': 'export default "by nobody"\n',
    'node_modules/hooked/package.json': '{ "type": "module" }',
    'node_modules/conditional/package.json': '{ "exports": { "special": "./special.cjs", "default": "./default.cjs" } }',
    'node_modules/conditional/special.cjs': 'module.exports = "special"\n',
    'node_modules/conditional/default.cjs': 'module.exports = "default"\n',
    'plain.test.ts': testFile(`test('runs', () => {})`),
    'flags.test.ts': testFile(`import { createRequire } from 'node:module'
test('execArgv', () => { expect(Error.stackTraceLimit).toBe(3); expect(process.execArgv).toContain('--stack-trace-limit=3') })
test('NODE_OPTIONS', () => {
  expect(process.env['NODE_OPTIONS']).toBe('--conditions=special --require=./required.cjs --no-deprecation')
  expect(globalThis.required).toBe(true); expect(process.noDeprecation).toBe(true)
  expect(createRequire(import.meta.url)('conditional')).toBe('special')
})`),
    'hooks.test.ts': testFile(`test('hooked', async () => { expect((await import('hooked')).default).toBe('by a hook') })`),
  })

  test('conditions, modules that are required, and what runs threads before the fork', async () => {
    const env = { NODE_OPTIONS: '--conditions=special --require=./required.cjs --no-deprecation' }
    const run = await vitestRun(project, [], { env })
    expect(run.failures).toEqual({})
    expect(run.files, run.output).toEqual({ 'plain.test.ts': 'passed', 'flags.test.ts': 'passed', 'hooks.test.ts': 'passed' })
    expect(run.stderr).toMatch(/workers are launched cold: The zygote runs threads that a fork would lose: \w+/)
  })

  test('what NODE_OPTIONS imports may run threads', async () => {
    const env = { NODE_OPTIONS: '--import=./register.mjs' }
    const run = await vitestRun(project, ['--project=plain', '--project=hooks'], { env })
    expect(run.failures).toEqual({})
    expect(run.tests, run.output).toEqual({ 'plain.test.ts > runs': 'passed', 'hooks.test.ts > hooked': 'passed' })
    expect(run.stderr).toMatch(/workers are launched cold: The zygote runs threads that a fork would lose: \w+/)
  })

  test('NODE_OPTIONS opens debuggers and writes profiles', async () => {
    const directory = mkdtempSync(join(project.scratch, 'profiles-'))
    const env = { NODE_OPTIONS: `--inspect=127.0.0.1:0 --cpu-prof --cpu-prof-dir=${directory}` }
    const run = await vitestRun(project, ['--project=plain'], { env })
    expect(run.tests, run.output).toEqual({ 'plain.test.ts > runs': 'passed' })
    expect(run.stderr.match(/Debugger listening/g), 'of vitest and of its worker').toHaveLength(2)
    expect(readdirSync(directory)).toHaveLength(2)
  })
})
