// What @vitest/ui shows of sealed tests: in a browser while vitest watches, and as a report.

import { describe, expect, test } from 'vitest'
import { freePort } from '../support/services.ts'
import { sealedTest, seedTest, testFile, vitestVersions } from '../support/vitest-project.ts'
import { startVitest, vitestRun } from '../support/vitest-run.ts'

const files = { 'sealed.test.ts': sealedTest, 'fails.test.ts': testFile(`test('fails', () => { expect(1).toBe(2) })`) }

describe.each(vitestVersions)('$name', (version) => {
  test('--ui serves its page and runs the tests', async () => {
    const project = seedTest(version, files)
    const port = await freePort()
    const vitest = startVitest(project, ['watch', '--ui', '--open=false', `--api.port=${port}`])
    await vitest.said(/for file changes/)
    const address = /UI started at +(http:\S+)/.exec(vitest.output())?.[1] ?? vitest.output()
    // vitest 5 takes the token of the address for a cookie first.
    const { headers } = await fetch(address, { redirect: 'manual' })
    const page = await fetch(address.replace(/\?.*/, ''), { headers: { cookie: headers.get('set-cookie')?.split(';')[0] ?? '' } })
    expect(page.status).toBe(200)
    expect(await page.text()).toContain('<div id="app">')
    expect(vitest.output()).toMatch(/Tests +1 failed \| 1 passed \(2\)/)
    vitest.child.kill('SIGINT')
    await vitest.done
  })

  test('reporter html', async () => {
    const project = seedTest(version, files)
    const run = await vitestRun(project, [], { reporters: ['default', 'html'] })
    expect(run.output).toMatch(/Tests +1 failed \| 1 passed \(2\)/)
    expect(run.output).toMatch(/HTML +Report is generated/)
  })
})
