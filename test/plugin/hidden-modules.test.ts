// Vite runs outside of the sandbox. It reads for a test what the test could read itself, and nothing else.

import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { fixture, seedSuite, vitestVersions } from '../support/vitest-project.ts'
import { type VitestRun, vitestRun } from '../support/vitest-run.ts'
import { vitestRuns } from '../support/vitest-runs.ts'

const secrets = realpathSync(mkdtempSync(join(tmpdir(), 'secrets-')))
afterAll(() => rmSync(secrets, { recursive: true }))

beforeAll(() => {
  const files = {
    'secret.js': 'export default "a secret of the host"',
    'secret.css': '.secret { content: "a secret of the host" }',
    'secret.json': '{ "secret": "a secret of the host" }',
    'plugin.txt': 'a secret of the host',
    'aliased/module.js': 'export default "aliased"',
    'allowed/module.js': 'export default "allowed"',
  }
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(join(secrets, name, '..'), { recursive: true })
    writeFileSync(join(secrets, name), content)
  }
})

describe.each(vitestVersions)('$name', (version) => {
  const project = seedSuite(version, fixture('hidden'))
  let run: VitestRun

  beforeAll(async () => {
    run = await vitestRun(project, ['--pool=nsbox'], { env: { SECRETS: secrets } })
  })

  test('no test reads what is hidden from it', () => {
    expect(run.failures).toEqual({ 'reads.test.ts > lines of a file in the report of an error': expect.stringContaining('see there') })
    expect(Object.keys(run.tests)).toHaveLength(17)
  })

  test('nothing of it is printed', () => {
    expect(run.output).not.toContain('a secret of the host')
  })

  test('what was asked for and is hidden is named, with the remedy', () => {
    expect(run.output).toContain(
      `nsbox: reads.test.ts imports ${secrets}/secret.js, which is not there in its sandbox; allow: ['${secrets}/secret.js'] lets it in`,
    )
    expect(run.output).toContain(
      `nsbox: for reads.test.ts a plugin of Vite reads ${secrets}/plugin.txt, which is not there in its sandbox; allow: ['${secrets}/plugin.txt'] lets it in`,
    )
  })

  describe('styles', () => {
    const styles = seedSuite(version, fixture('hidden-styles'))
    let styled: VitestRun

    beforeAll(async () => {
      styled = await vitestRun(styles, ['--pool=nsbox'], { env: { SECRETS: secrets } })
    })

    test('that a test writes import what the sandbox sees', () => {
      expect(styled.failures).toEqual({})
      expect(Object.keys(styled.tests)).toHaveLength(9)
    })

    test('leave nothing uncaught', () => {
      expect(styled.output).not.toContain('Unhandled')
      expect(styled.output).not.toContain('a secret of the host')
    })
  })

  describe.each(['allowed', 'other'])('a rule lets in more for one file, and %s.test.ts comes first', (FIRST) => {
    const ruled = seedSuite(version, fixture('hidden-by-rule'))

    beforeAll(() => {
      const way = relative(ruled.root, secrets)
      ruled.write('wrap.ts', `export { default } from '${secrets}/secret.js'\n`)
      ruled.write('main.css', `@import '${secrets}/secret.css';\n`)
      ruled.write(
        'glob.ts',
        `export const data = import.meta.glob('${way}/*.json', { eager: true })\nexport const names = import.meta.glob('${way}/secret.*')\n`,
      )
    })

    test('each has of Vite what its own sandbox sees', async () => {
      const ran = await vitestRun(ruled, ['--pool=nsbox', 'allowed', 'other', '--reporter=./graphs.ts'], {
        env: { SECRETS: secrets, FIRST },
      })
      expect(ran.failures).toEqual({})
      expect(Object.keys(ran.tests)).toHaveLength(9)
      // What reporters find.
      expect(ran.stdout).toContain('graphs of allowed.test.ts, other.test.ts')
    })

    // vitest 4 has no such question.
    test.runIf(version.name === 'vitest 5')('what vitest’s main process has followed by itself is for nobody', async () => {
      const [ran] = await vitestRuns(ruled, [['related', join(secrets, 'secret.js'), '--pool=nsbox']], { env: { SECRETS: secrets, FIRST } })
      expect(ran?.tests, ran?.output).toMatchObject({ 'related.test.ts > what vitest has ready for its modules': 'passed' })
    })
  })
})
