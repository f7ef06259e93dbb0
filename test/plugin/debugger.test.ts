// --inspect and --inspect-brk: a debugger of the host reaches a worker that is sealed.

import { describe, expect, test } from 'vitest'
import { Debugger } from '../support/debugger.ts'
import { holdPort } from '../support/ports.ts'
import { fixture, seedSuite, vitestVersions } from '../support/vitest-project.ts'
import { startVitest } from '../support/vitest-run.ts'

const hostname = `process.getBuiltinModule('node:os').hostname()`

describe.each(vitestVersions)('$name', (version) => {
  const project = seedSuite(version, fixture('debugger'))
  const passed = { exitCode: 0, tests: { 'waits.test.ts > waits for the debugger': 'passed' } }

  test('--inspect lets a debugger in while the tests run', async () => {
    const port = await holdPort()
    const vitest = startVitest(project, ['run', `--inspect=${port}`, '--no-file-parallelism'])
    await vitest.said(/Debugger listening/)
    const attached = await Debugger.connect(port)
    expect(await attached.evaluate(hostname)).toBe('nsbox')
    // The worker may end before it answers.
    void attached.send('Runtime.evaluate', { expression: `globalThis.released = 'by the debugger'` })
    expect(await vitest.done).toMatchObject(passed)
  })

  test('--inspect-brk waits for it, and stops at the first line of the file', async () => {
    const port = await holdPort()
    const vitest = startVitest(project, ['run', `--inspect-brk=${port}`, '--no-file-parallelism'])
    await vitest.said(/Debugger listening/)
    const attached = await Debugger.connect(port)
    await attached.send('Debugger.enable')
    expect(await attached.evaluate(hostname)).toBe('nsbox')
    await attached.send('Runtime.runIfWaitingForDebugger')
    const { callFrames } = await attached.paused()
    const { callFrameId } = callFrames[0] as { callFrameId: string }
    const inFrame = { callFrameId, expression: `globalThis.released = 'by the debugger'; __vite_ssr_import_meta__.filename` }
    expect(await attached.send('Debugger.evaluateOnCallFrame', inFrame)).toMatchObject({
      result: { value: `${project.root}/waits.test.ts` },
    })
    void attached.send('Debugger.resume')
    expect(await vitest.done).toMatchObject(passed)
  })
})
