// What a worker asks vitest's main process for. The worker runs the tests, and is not to be trusted.

import type { DevEnvironment } from 'vite'
import type { TestProject } from 'vitest/node'
import { placesOf } from './own-modules.ts'
import type { SandboxFiles } from './sandbox-files.ts'
import { sandboxEnvironment } from './sandbox-vite.ts'
import { seenFrom } from './seen-fs.ts'

/** A message of birpc: a question, or an answer. */
interface RpcMessage {
  t?: 'q' | 's'
  i?: string
  m?: string
  a?: unknown[]
  r?: unknown
  e?: unknown
}

type ModuleQuestion = RpcMessage & { i: string; a: [id: string, importer: string | undefined, environment: string, ...rest: unknown[]] }

/** An answer to `fetch` or `resolve`, as far as it is read here. */
interface ModuleAnswer {
  file?: string | null
}

export interface RequestHost {
  project: TestProject
  /** What the sandbox sees. */
  files(): SandboxFiles | undefined
  /** For vitest's main process. */
  deliver(message: unknown): void
}

let lastNumber = 0

export class WorkerRequests {
  readonly #host: RequestHost
  readonly #number = ++lastNumber
  /** Vite's environments for modules of the sandbox's own, by the name of the environment that each is made from. */
  readonly #environments = new Map<string, Promise<string>>()
  /** Questions about modules that Vite is asked as ever. */
  readonly #pending = new Map<string, ModuleQuestion>()

  constructor(host: RequestHost) {
    this.#host = host
  }

  /** From the worker. `own`: it may be about a module that a test wrote. */
  asked(message: unknown, own: boolean): void {
    if (!isAboutModule(message)) return this.#host.deliver(message)
    const [id, importer] = message.a
    if (own ? this.#differs(id, importer) : this.#isFromOwn(id, importer)) return void this.#askOwn(message)
    this.#pending.set(message.i, message)
    this.#host.deliver(message)
  }

  /** For the worker: the message to post, or undefined while another answer is looked for. */
  answered(message: unknown): unknown {
    const { t, i, r: result, e: error } = message as RpcMessage
    const question = t === 's' && i !== undefined ? this.#pending.get(i) : undefined
    if (!question) return message
    this.#pending.delete(question.i)
    if (!this.#isOwnAfterAll(question, result as ModuleAnswer | null | undefined, error)) return message
    void this.#askOwn(question)
    return undefined
  }

  close(): void {
    const { environments } = this.#host.project.vite
    for (const name of this.#environments.keys()) Reflect.deleteProperty(environments, this.#nameOf(name))
    this.#environments.clear()
  }

  /** True where the host has another file, or has one that the sandbox has removed. */
  #differs(id: string, importer: string | undefined): boolean {
    const sandbox = this.#host.files()
    return placesOf(id, importer, this.#host.project.config.root).some((path) => sandbox?.owns(path) || sandbox?.hides(path))
  }

  /** Packages, and what stands in an import that Vite could not resolve: where they lie depends on who imports. */
  #isFromOwn(id: string, importer: string | undefined): boolean {
    return importer !== undefined && this.#environments.size > 0 && !id.startsWith('/') && this.#differs(importer, undefined)
  }

  /** An alias, or a path without its extension, leads to what a test wrote. */
  #isOwnAfterAll({ a: [id, importer] }: ModuleQuestion, result: ModuleAnswer | null | undefined, error: unknown): boolean {
    if (error || result === null) return this.#host.files() !== undefined
    const file = result?.file
    if (!file?.startsWith('/') || placesOf(id, importer, this.#host.project.config.root).includes(file)) return false
    return this.#differs(file, undefined)
  }

  async #askOwn(question: ModuleQuestion): Promise<void> {
    const [id, importer, name, ...rest] = question.a
    const { deliver } = this.#host
    try {
      const files = this.#host.files() as SandboxFiles
      const own = await this.#environment(name, files)
      seenFrom(files, () => deliver({ ...question, a: [id, importer, own, ...rest] }))
    } catch {
      deliver(question)
    }
  }

  #environment(name: string, files: SandboxFiles): Promise<string> {
    const made = this.#environments.get(name) ?? this.#makeEnvironment(name, files)
    this.#environments.set(name, made)
    return made
  }

  async #makeEnvironment(name: string, files: SandboxFiles): Promise<string> {
    const { environments } = this.#host.project.vite
    const environment = await sandboxEnvironment(environments[name] as DevEnvironment, files)
    const own = this.#nameOf(name)
    // Not listed: it is no environment of the project's.
    Object.defineProperty(environments, own, { configurable: true, value: environment })
    return own
  }

  #nameOf(name: string): string {
    return `${name}$nsbox${this.#number}`
  }
}

function isAboutModule(message: unknown): message is ModuleQuestion {
  const { t, m: method, i } = message as RpcMessage
  return t === 'q' && typeof i === 'string' && (method === 'fetch' || method === 'resolve')
}
