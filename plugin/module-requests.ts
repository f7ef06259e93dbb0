// A worker's questions about modules. Vite answers for what is the same on the host and in the sandbox; for what a test wrote
// an environment of the sandbox's own does; and what the sandbox does not see is not there.

import { existsSync } from 'node:fs'
import { dirname } from 'node:path'
import type { DevEnvironment } from 'vite'
import type { TestProject } from 'vitest/node'
import { quoted } from '../src/quoted.ts'
import { placesOf } from './own-modules.ts'
import type { SandboxFiles } from './sandbox-files.ts'
import { sandboxEnvironment } from './sandbox-vite.ts'
import { seenFrom, seenFromHost } from './seen-fs.ts'

/** birpc's question that calls `fetch` or `resolve`. */
export interface ModuleQuestion {
  t: 'q'
  i: string
  m: 'fetch' | 'resolve'
  a: [id: string, importer: string | undefined, environment: string, ...rest: unknown[]]
}

/** birpc's answer to one, as far as it is read here. */
interface ModuleAnswer {
  t?: string
  i?: string
  r?: { id?: string; file?: string | null } | null
  e?: unknown
}

export interface ModuleHost {
  project: TestProject
  /** What the sandbox sees. */
  files(): SandboxFiles | undefined
  /** Something was written under its overlays. */
  isTouched(): boolean
  /** Paths that files of this kind are known to see. */
  seen: Set<string>
  /** For vitest's main process. */
  deliver(message: unknown): void
  /** For the worker. */
  answer(message: unknown): void
  /** Something that is there on the host was asked for, and is not there in the sandbox. */
  hidden(path: string): void
}

let lastNumber = 0

export class ModuleRequests {
  readonly #host: ModuleHost
  readonly #number = ++lastNumber
  /** Names of Vite's environments for modules of the sandbox's own, by the name of the environment that each is made from. */
  readonly #environments = new Map<string, Promise<string>>()
  /** Questions that wait for Vite's answer; `own` for those of its environments that are the sandbox's. */
  readonly #pending = new Map<string, { question: ModuleQuestion; own: boolean }>()

  constructor(host: ModuleHost) {
    this.#host = host
  }

  /** `own`: the sandbox may have another file than the host. */
  asked(question: ModuleQuestion, own: boolean): void {
    const [id, importer, name] = question.a
    // Those of sandboxes are not listed.
    const { environments } = this.#host.project.vite
    if (!Object.keys(environments).includes(name))
      return this.#fail(question, new Error(`The environment ${quoted(name)} is not in Vite's config`))
    if (own ? this.#differs(id, importer) : this.#isFromOwn(id, importer)) return void this.#askOwn(question)
    const hidden = this.#hiddenPlace(id, importer)
    if (hidden !== undefined) return this.#host.answer(this.#notThere(question, hidden))
    this.#pending.set(question.i, { question, own: false })
    this.#host.deliver(question)
  }

  /** For the worker: what to post. Undefined while another answer is looked for. */
  answered(message: unknown): unknown {
    return seenFromHost(() => this.#answered(message))
  }

  #answered(message: unknown): unknown {
    const { t, i, r: result, e: error } = message as ModuleAnswer
    const pending = t === 's' && i !== undefined ? this.#pending.get(i) : undefined
    if (!pending) return message
    const { question, own } = pending
    this.#pending.delete(question.i)
    const file = result?.file ?? undefined
    const isUnknown = () => (error !== undefined || result === null) && this.#mayBeOwn(question)
    if (!own && (isUnknown() || (file !== undefined && this.#isOwnAfterAll(question, file)))) {
      void this.#askOwn(question)
      return undefined
    }
    if (file === undefined || !this.isHidden(file)) return message
    this.#forget(question, result?.id)
    return this.#notThere(question, file)
  }

  /** True for what the host has and the sandbox has not. */
  isHidden(path: string): boolean {
    const { seen, files } = this.#host
    const sandbox = files()
    if (!sandbox || !path.startsWith('/') || seen.has(path)) return false
    if (sandbox.shares(path)) {
      // For all sandboxes of the kind: what one has made itself is not there in others.
      seen.add(path)
      return false
    }
    return sandbox.hides(path)
  }

  close(): void {
    const { environments } = this.#host.project.vite
    for (const name of this.#environments.keys()) Reflect.deleteProperty(environments, this.#nameOf(name))
    this.#environments.clear()
  }

  get #root(): string {
    return this.#host.project.config.root
  }

  /** True where the host has another file, or has one that the sandbox has removed. */
  #differs(id: string, importer: string | undefined): boolean {
    const files = this.#host.files()
    return placesOf(id, importer, this.#root).some((path) => files?.owns(path) || files?.hides(path))
  }

  /** Packages, and what Vite could not resolve when it transformed the importer: where they lie depends on who imports. */
  #isFromOwn(id: string, importer: string | undefined): boolean {
    return importer !== undefined && this.#environments.size > 0 && !id.startsWith('/') && this.#differs(importer, undefined)
  }

  /** An alias, or a path without its extension, leads to what a test wrote. */
  #isOwnAfterAll({ a: [id, importer] }: ModuleQuestion, file: string): boolean {
    return file.startsWith('/') && !placesOf(id, importer, this.#root).includes(file) && this.#host.files()?.owns(file) === true
  }

  /** What Vite does not find may stand for a file that a test wrote, by an alias or without its extension. */
  #mayBeOwn({ a: [id, importer] }: ModuleQuestion): boolean {
    const { files, isTouched } = this.#host
    const directories = placesOf(id, importer, this.#root).map(dirname)
    return isTouched() || directories.some((path) => files()?.stat(path) !== undefined && !files()?.shares(path))
  }

  /** Where an id names what only the host has. */
  #hiddenPlace(id: string, importer: string | undefined): string | undefined {
    const there = placesOf(id, importer, this.#root).filter((path) => existsSync(path))
    const hidden = there.filter((path) => this.isHidden(path))
    return hidden.length === there.length ? hidden[0] : undefined
  }

  /** In the very words that Vite has for a file that does not exist, names as they are: whether the host has one is not the sandbox's to know. */
  #notThere({ i, m: method, a: [id, importer] }: ModuleQuestion, path: string): object {
    this.#host.hidden(path)
    if (method === 'resolve') return { t: 's', i, r: null }
    const from = importer === undefined ? '' : ` in ${importer}`
    return { t: 's', i, e: new Error(`Failed to load url ${id} (resolved id: ${id})${from}. Does the file exist?`) }
  }

  /** vitest prints lines of files that Vite has transformed, wherever a stack trace of the worker's leads. */
  #forget({ a: [, , name] }: ModuleQuestion, id: string | undefined): void {
    const graph = this.#host.project.vite.environments[name]?.moduleGraph
    const node = id === undefined ? undefined : graph?.getModuleById(id)
    if (node) graph?.invalidateModule(node)
  }

  #fail({ i }: ModuleQuestion, error: unknown): void {
    this.#host.answer({ t: 's', i, e: error })
  }

  async #askOwn(question: ModuleQuestion): Promise<void> {
    const [id, importer, name, ...rest] = question.a
    const { deliver, files } = this.#host
    try {
      const sandbox = files()
      if (!sandbox) throw new Error(`Failed to load url ${quoted(id)}: the sandbox has ended`)
      const own = await this.#environment(name, sandbox)
      this.#pending.set(question.i, { question, own: true })
      seenFrom(sandbox, () => deliver({ ...question, a: [id, importer, own, ...rest] }))
    } catch (error) {
      this.#fail(question, error)
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
