// A debugger as far as tests want one: a client of node's inspector.

import { once } from 'node:events'
import { setTimeout } from 'node:timers/promises'

export interface Paused {
  callFrames: { callFrameId: string }[]
}

/** The part of the Chrome DevTools protocol that is wanted here. */
export class Debugger {
  readonly #socket: WebSocket
  readonly #answers = new Map<number, PromiseWithResolvers<unknown>>()
  readonly #paused = Promise.withResolvers<Paused>()
  #lastId = 0

  /** Waits until there is something to debug. The test's own timeout is the limit. */
  static async connectWhenThere(port: number): Promise<Debugger> {
    for (;;) {
      try {
        return await Debugger.connect(port)
      } catch {
        await setTimeout(100)
      }
    }
  }

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
