// Watch mode: an edit on the host is seen by the next sandbox, and @vitest/ui shows sealed tests in a browser and in a report.

import { beforeAll, describe, expect, test } from 'vitest'
import { holdPort } from '../support/ports.ts'
import { fixture, nsboxConfig, sealedTest, seedSuite, testFile, vitestVersions } from '../support/vitest-project.ts'
import { startVitest, type VitestRun } from '../support/vitest-run.ts'

const files = {
  ...fixture('watch'),
  'sealed.test.ts': sealedTest,
  'ruled.test.ts': testFile(`import { value } from './value'; test('ruled', () => { console.log('by a rule: saw', value) })`),
  'vitest.config.ts': nsboxConfig({ options: `rules: [{ files: 'ruled.test.ts', allow: ['/usr/share'] }]` }),
  'fails.test.ts': testFile(`test('fails', () => { expect(1).toBe(2) })`),
}

describe.each(vitestVersions)('$name', (version) => {
  const project = seedSuite(version, files)
  /** What was said at the start, after each of two edits, and in all. */
  let first: string
  let edited: string
  let broken: string
  let run: VitestRun
  let page: Response
  beforeAll(async () => {
    const port = await holdPort()
    const args = ['watch', '--ui', '--open=false', `--api.port=${port}`]
    const vitest = startVitest(project, args, { reporters: ['default', 'html'] })
    /** What is said from here until it waits again. */
    const round = async (from: number) => {
      await vitest.said(/for file changes/, from)
      return vitest.output().slice(from)
    }
    first = await round(0)
    await vitest.said(/HTML +Report is generated/)
    const address = /UI started at +(http:\S+)/.exec(vitest.output())?.[1] ?? vitest.output()
    // vitest 5 takes the token of the address for a cookie first.
    const { headers } = await fetch(address, { redirect: 'manual' })
    page = await fetch(address.replace(/\?.*/, ''), { headers: { cookie: headers.get('set-cookie')?.split(';')[0] ?? '' } })
    const beforeEdit = vitest.output().length
    project.write('value.ts', 'export const value = 2\n')
    edited = await round(beforeEdit)
    const beforeBreak = vitest.output().length
    project.write('value.ts', 'export const value = 0\n')
    await round(beforeBreak)
    // On stderr, which may be read after stdout.
    await vitest.said(/expected 0 to be greater than 0/, beforeBreak)
    broken = vitest.output().slice(beforeBreak)
    vitest.child.kill('SIGINT')
    run = await vitest.done
  })

  test('an edit runs what imports it again, in a new sandbox', () => {
    expect(first).toContain('saw 1 on nsbox')
    expect(edited).toContain('saw 2 on nsbox')
    // It sees other files of the host than the rest, and so has a module graph of Vite's of its own.
    expect([first, edited].map((text) => /by a rule: saw (.)/.exec(text)?.[1])).toEqual(['1', '2'])
    // Vitest also runs again what failed, and nothing else.
    expect(edited).toMatch(/Test Files +1 failed \| 2 passed \(3\)/)
    expect(broken).toContain('expected 0 to be greater than 0')
    expect(run.exitCode ?? run.signal).not.toBe('SIGKILL')
  })

  test('--ui serves its page and runs the tests, and the reporter html writes its page', async () => {
    expect(page.status).toBe(200)
    expect(await page.text()).toContain('<div id="app">')
    expect(first).toMatch(/Tests +1 failed \| 4 passed \(5\)/)
  })
})
