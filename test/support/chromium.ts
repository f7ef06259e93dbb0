// A page in Chromium, driven by the DevTools protocol over a pipe (--remote-debugging-pipe: descriptors 3 and 4, messages end with NUL).

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable, Writable } from 'node:stream'
import { pathToFileURL } from 'node:url'

interface Message {
  id?: number
  sessionId?: string
  method?: string
  params?: Record<string, unknown>
  result?: Record<string, unknown>
  error?: { message: string }
}

export class Chromium {
  readonly #child: ChildProcess
  readonly #profile: string
  readonly #waiting = new Map<number, { resolve: (result: Record<string, unknown>) => void; reject: (error: Error) => void }>()
  readonly #seen: Required<Pick<Message, 'method' | 'params' | 'sessionId'>>[] = []
  #heard = Buffer.alloc(0)
  #id = 0

  private constructor(child: ChildProcess, profile: string) {
    this.#child = child
    this.#profile = profile
    ;(child.stdio[4] as Readable).on('data', (bytes: Buffer) => this.#hear(bytes))
    child.on('exit', () => {
      for (const { reject } of this.#waiting.values()) reject(new Error('Chromium has ended'))
    })
  }

  static start(): Chromium {
    const profile = mkdtempSync(join(tmpdir(), 'nsbox-test-chromium-'))
    const words = ['--headless', '--no-sandbox', '--disable-gpu', '--remote-debugging-pipe', `--user-data-dir=${profile}`]
    // A group of its own: its helpers are to end with it.
    const child = spawn('chromium', words, {
      stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'],
      detached: true,
      env: environment(profile),
    })
    return new Chromium(child, profile)
  }

  async end(): Promise<void> {
    const ended = once(this.#child, 'exit')
    process.kill(-(this.#child.pid as number), 'SIGKILL')
    await ended
    rmSync(this.#profile, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 })
  }

  async open(path: string, size: { width: number; height?: number }): Promise<Page> {
    const { targetId } = await this.send('Target.createTarget', { url: 'about:blank' })
    const { sessionId } = await this.send('Target.attachToTarget', { targetId, flatten: true })
    const page = new Page(this, sessionId as string)
    for (const domain of ['Page', 'Runtime', 'Log', 'Network']) await page.send(`${domain}.enable`)
    await this.send('Browser.grantPermissions', { permissions: ['clipboardReadWrite', 'clipboardSanitizedWrite'] })
    await page.send('Emulation.setFocusEmulationEnabled', { enabled: true })
    await page.resize(size)
    await page.send('Page.navigate', { url: pathToFileURL(path).href })
    await page.evaluate("new Promise((done) => document.readyState === 'complete' ? done() : addEventListener('load', done))")
    return page
  }

  send(method: string, params: object = {}, sessionId?: string): Promise<Record<string, unknown>> {
    const id = ++this.#id
    const { promise, resolve, reject } = Promise.withResolvers<Record<string, unknown>>()
    this.#waiting.set(id, { resolve, reject })
    ;(this.#child.stdio[3] as Writable).write(`${JSON.stringify({ id, method, params, sessionId })}\0`)
    return promise
  }

  /** What it told of a page so far by this name. */
  told(method: string, session: string): Record<string, unknown>[] {
    return this.#seen.filter((event) => event.method === method && event.sessionId === session).map(({ params }) => params)
  }

  #hear(bytes: Buffer): void {
    this.#heard = Buffer.concat([this.#heard, bytes])
    for (let end = this.#heard.indexOf(0); end >= 0; end = this.#heard.indexOf(0)) {
      const { id, sessionId = '', method, params = {}, result = {}, error } = JSON.parse(this.#heard.subarray(0, end).toString()) as Message
      this.#heard = this.#heard.subarray(end + 1)
      if (method !== undefined) this.#seen.push({ method, params, sessionId })
      const waiting = id === undefined ? undefined : this.#waiting.get(id)
      this.#waiting.delete(id ?? 0)
      if (error) waiting?.reject(new Error(error.message))
      else waiting?.resolve(result)
    }
  }
}

/** It wants a place to write to that is nobody's home. */
function environment(home: string): NodeJS.ProcessEnv {
  return { PATH: process.env['PATH'], HOME: home, XDG_RUNTIME_DIR: home }
}

export class Page {
  readonly #chromium: Chromium
  readonly #session: string

  constructor(chromium: Chromium, session: string) {
    this.#chromium = chromium
    this.#session = session
  }

  send(method: string, params: object = {}): Promise<Record<string, unknown>> {
    return this.#chromium.send(method, params, this.#session)
  }

  async resize({ width, height = 900 }: { width: number; height?: number }): Promise<void> {
    await this.send('Emulation.setDeviceMetricsOverride', { width, height, deviceScaleFactor: 1, mobile: width < 600 })
  }

  /** The value of an expression, awaited where it is a promise. */
  async evaluate<T>(expression: string): Promise<T> {
    const { result, exceptionDetails } = (await this.send('Runtime.evaluate', {
      expression,
      awaitPromise: true,
      returnByValue: true,
      userGesture: true,
    })) as { result: { value: T }; exceptionDetails?: { exception?: { description?: string } } }
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? 'the page threw')
    return result.value
  }

  /** Errors and warnings of the console, and what was thrown. */
  get complaints(): unknown[] {
    const logged = this.#told('Log.entryAdded').map(({ entry }) => (entry as { text: string }).text)
    const called = this.#told('Runtime.consoleAPICalled').map(({ type }) => type)
    return [...logged, ...called, ...this.#told('Runtime.exceptionThrown')]
  }

  /** Addresses that were asked for. */
  get requests(): string[] {
    return this.#told('Network.requestWillBeSent').map(({ request }) => (request as { url: string }).url)
  }

  async close(): Promise<void> {
    await this.send('Page.close')
  }

  #told(method: string): Record<string, unknown>[] {
    return this.#chromium.told(method, this.#session)
  }
}
