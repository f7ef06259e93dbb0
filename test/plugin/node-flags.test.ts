// Flags for the workers' node, from vitest's config and from NODE_OPTIONS.

import { mkdtempSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { fixture, oneVitest, seedSuite, vitestVersions } from '../support/vitest-project.ts'
import { vitestRun } from '../support/vitest-run.ts'

const files = fixture('node-flags')
const coldStart = /workers are launched cold: The zygote runs threads that a fork would lose: \w+/

describe.each(vitestVersions)('$name', (version) => {
  const project = seedSuite(version, files)

  test('conditions, modules that are required, and what runs threads before the fork', async () => {
    const env = { NODE_OPTIONS: '--conditions=special --require=./required.cjs --no-deprecation' }
    const run = await vitestRun(project, [], { env })
    expect(run.failures).toEqual({})
    expect(run.files, run.output).toEqual({ 'plain.test.ts': 'passed', 'flags.test.ts': 'passed', 'hooks.test.ts': 'passed' })
    expect(run.stderr).toMatch(coldStart)
  })
})

describe.each(oneVitest)('$name', (version) => {
  const project = seedSuite(version, files)

  test('what NODE_OPTIONS imports may run threads', async () => {
    const env = { NODE_OPTIONS: '--import=./register.mjs' }
    const run = await vitestRun(project, ['--project=hooks'], { env })
    expect(run.failures).toEqual({})
    expect(run.tests, run.output).toEqual({ 'hooks.test.ts > hooked': 'passed' })
    expect(run.stderr).toMatch(coldStart)
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
