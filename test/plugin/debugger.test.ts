// --inspect and --inspect-brk: a debugger of the host reaches a worker that is sealed.

import { once } from 'node:events'
import { describe, expect, test } from 'vitest'
import { freePort } from '../support/services.ts'
import { seedSuite, testFile, vitestVersions } from '../support/vitest-project.ts'
import { startVitest } from '../support/vitest-run.ts'

interface Paused {
  callFrames: { callFrameId: string }[]
}

/** The part of the Chrome DevTools protocol that is wanted here. */
class Debugger {
  readonly #socket: WebSocket
  readonly #answers = new Map<number, PromiseWithResolvers<unknown>>()
  readonly #paused = Promise.withResolvers<Paused>()
  #lastId = 0

  static async connect(port: number): Promise<Debugger> {
    const [target] = (await (await fetch(`http://127.0.0.1:${port}/json/list`)).json()) as { webSocketDebuggerUrl: string }[]
    const socket = new WebSocket(target?.webSocketDebuggerUrl ?? '')
    await once(socket, 'open')
    return new Debugger(socket)
  }

  private constructor(socket: WebSocket) {
    this.#socket = socket
    socket.addEventListener('message', ({ data }) => {
      const { id, result, method, params } = JSON.parse(String(data))
      this.#answers.get(id)?.resolve(result)
      if (method === 'Debugger.paused') this.#paused.resolve(params)
    })
  }

  send(method: string, params: object = {}): Promise<unknown> {
    const id = ++this.#lastId
    const answer = Promise.withResolvers<unknown>()
    this.#answers.set(id, answer)
    this.#socket.send(JSON.stringify({ id, method, params }))
    return answer.promise
  }

  async evaluate(expression: string): Promise<unknown> {
    const { result } = (await this.send('Runtime.evaluate', { expression })) as { result: { value: unknown } }
    return result.value
  }

  paused(): Promise<Paused> {
    return this.#paused.promise
  }
}

const hostname = `process.getBuiltinModule('node:os').hostname()`

describe.each(vitestVersions)('$name', (version) => {
  const project = seedSuite(version, {
    'waits.test.ts': testFile(`test('waits for the debugger', { timeout: 60_000 }, async () => {
  await vi.waitFor(() => expect(globalThis.released).toBe('by the debugger'), { timeout: 60_000 })
})`),
  })
  const passed = { exitCode: 0, tests: { 'waits.test.ts > waits for the debugger': 'passed' } }

  test('--inspect lets a debugger in while the tests run', async () => {
    const port = await freePort()
    const vitest = startVitest(project, ['run', `--inspect=${port}`, '--no-file-parallelism'])
    await vitest.said(/Debugger listening/)
    const attached = await Debugger.connect(port)
    expect(await attached.evaluate(hostname)).toBe('nsbox')
    // The worker may end before it answers.
    void attached.send('Runtime.evaluate', { expression: `globalThis.released = 'by the debugger'` })
    expect(await vitest.done).toMatchObject(passed)
  })

  test('--inspect-brk waits for it, and stops at the first line of the file', async () => {
    const port = await freePort()
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
