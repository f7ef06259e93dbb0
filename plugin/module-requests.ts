// A worker's questions about modules. Vite answers for what is the same on the host and in the sandbox, and finds nothing of what
// the sandbox does not see; for what a test wrote an environment of the sandbox's own answers.

import { dirname } from 'node:path'
import type { DevEnvironment } from 'vite'
import type { TestProject } from 'vitest/node'
import { quoted } from '../src/quoted.ts'
import type { FileView, HostView } from './file-view.ts'
import { placesOf } from './own-modules.ts'
import type { SandboxFiles } from './sandbox-files.ts'
import { sandboxEnvironment } from './sandbox-vite.ts'
import { seenFrom, seenFromHost } from './seen-fs.ts'
import { makeForView, nameInView } from './view-environments.ts'

/** birpc's question that asks for the modules of some files. */
export interface GraphQuestion {
  t: 'q'
  i: string
  m: 'fetchWarmModules' | 'prewarmModuleGraph'
  a: [environment: string, files: string[]]
}

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

/** What `fetchWarmModules` answers, by addresses and ids; nothing for the other one. */
type GraphAnswer = Record<string, { file?: string | null }> | undefined

export interface ModuleHost {
  project: TestProject
  /** What the sandbox sees. */
  files(): SandboxFiles | undefined
  /** Something was written under its overlays. */
  isTouched(): boolean
  view: HostView
  /** The same for workers with the same view; undefined for the one that the pool's options alone give. */
  viewName: string | undefined
  /** For vitest's main process. */
  deliver(message: unknown): void
  /** For the worker. */
  answer(message: unknown): void
  /** Something that is there on the host was asked for, by a test or by a plugin of Vite's, and is not there in the sandbox. */
  hidden(path: string, by: 'test' | 'plugin'): void
  /** Vite or a plugin has thrown where no request of this worker's could carry it. */
  stray(error: unknown): void
}

interface Pending {
  question: ModuleQuestion
  /** The environment is the sandbox's. */
  own: boolean
  /** The worker has been told of an error. */
  isFailed?: true
  /** The first path of the host that was read for it and is not there in the sandbox. */
  missed?: string
}

let lastNumber = 0

export class ModuleRequests {
  readonly #host: ModuleHost
  readonly #number = ++lastNumber
  /** Names of Vite's environments for modules of the sandbox's own, by the name of the environment that each is made from. */
  readonly #environments = new Map<string, Promise<string>>()
  /** By numbers of the host's: a worker may use one of its own twice. */
  readonly #pending = new Map<string, Pending>()
  /** The worker's numbers of its questions about graphs, by the host's. */
  readonly #graphs = new Map<string, string>()
  #questions = 0

  constructor(host: ModuleHost) {
    this.#host = host
  }

  /** `own`: the sandbox may have another file than the host. */
  asked(question: ModuleQuestion, own: boolean): void {
    const [id, importer] = question.a
    if (own ? this.#differs(id, importer) : this.#isFromOwn(id, importer)) return void this.#askOwn(question)
    this.#inView(question.a[2], question, (name) =>
      this.#ask(this.#host.view, { question, own: false }, { ...question, a: question.a.with(2, name) as ModuleQuestion['a'] }),
    )
  }

  /** For vitest's main process, which looks there for what it has made for this worker: the name of an environment that is there. */
  nameOfServing(name: string): string {
    const { project, viewName } = this.#host
    const own = nameInView(name, viewName)
    return Object.hasOwn(project.vite.environments, own) ? own : name
  }

  /** The same for what a blob keeps, which has nothing of those that are not listed. */
  nameOfListed(name: string): string {
    const own = this.nameOfServing(name)
    return Object.keys(this.#host.project.vite.environments).includes(own) ? own : name
  }

  askedOfGraph(question: GraphQuestion): void {
    const [name, files] = question.a
    const { view, stray, deliver } = this.#host
    this.#inView(name, question, (ours) => {
      const i = this.#nextNumber()
      this.#graphs.set(i, question.i)
      seenFrom({ view, stray, missed: () => undefined }, () => deliver({ ...question, i, a: [ours, files] }))
    })
  }

  /** For the worker: what to post. Undefined while another answer is looked for, and for what it did not ask. */
  answered(message: unknown): unknown {
    return seenFromHost(() => this.#answered(message as ModuleAnswer))
  }

  close(): void {
    const { environments } = this.#host.project.vite
    for (const name of this.#environments.keys()) Reflect.deleteProperty(environments, this.#nameOf(name))
    this.#environments.clear()
  }

  #answered(message: ModuleAnswer): unknown {
    if (message.t !== 's' || message.i?.startsWith(this.#prefix) !== true) return message
    const graph = this.#graphs.get(message.i)
    if (graph !== undefined) {
      this.#graphs.delete(message.i)
      return { ...message, i: graph, r: this.#seenOf(message.r as GraphAnswer) }
    }
    const pending = this.#pending.get(message.i)
    this.#pending.delete(message.i)
    // It was answered with a stray error.
    if (!pending) return undefined
    const { question, own } = pending
    const { r: result, e: error } = message
    if (error !== undefined) pending.isFailed = true
    const file = result?.file ?? undefined
    const isUnknown = error !== undefined || result === null
    if (!own && ((isUnknown && this.#mayBeOwn(question)) || (file !== undefined && this.#isOwnAfterAll(question, file)))) {
      void this.#askOwn(question)
      return undefined
    }
    if (isUnknown) this.#tellHidden(pending, error !== undefined)
    // A second wall: what is hidden was not there to be read.
    const isLost = file !== undefined && this.#host.view.hides(file)
    return isLost ? { t: 's', i: question.i, e: new Error(`Failed to load url ${question.a[0]}`) } : { ...message, i: question.i }
  }

  /** vitest's main process may have transformed more for itself, to find out what depends on a file or for coverage. */
  #seenOf(modules: GraphAnswer): GraphAnswer {
    if (!modules) return modules
    const isSeen = new Map(
      [...new Set(Object.values(modules))].map((module) => [module, !module.file || !this.#host.view.hides(module.file)]),
    )
    return Object.fromEntries(Object.entries(modules).filter(([, module]) => isSeen.get(module)))
  }

  /** Calls `ask` with the name of the environment of Vite's that is `name` for this worker's view. */
  #inView(name: string, { i }: { i: string }, ask: (name: string) => void): void {
    const { viewName, project } = this.#host
    if (viewName === undefined) return ask(name)
    const asked = makeForView(name, viewName, project).then(ask)
    asked.catch((error) => this.#host.answer({ t: 's', i, e: error }))
  }

  get #root(): string {
    return this.#host.project.config.root
  }

  /** What Vite starts for the sandbox and keeps, such as a compiler's process, reads for others once the sandbox has ended. */
  get #own(): FileView {
    const { files, view } = this.#host
    return { hold: (path) => (files() ?? view).hold(path) }
  }

  get #prefix(): string {
    return `nsbox ${this.#number} `
  }

  #nextNumber(): string {
    return `${this.#prefix}${++this.#questions}`
  }

  /** `asked` is the question as Vite gets it. */
  #ask(view: FileView, pending: Pending, asked: ModuleQuestion): void {
    const i = this.#nextNumber()
    this.#pending.set(i, pending)
    const stray = (error: unknown) => this.#takeStray(i, pending, error)
    const missed = (path: string) => {
      pending.missed ??= path
    }
    seenFrom({ view, stray, missed }, () => this.#host.deliver({ ...asked, i }))
  }

  /** Vite may never answer what it came from. */
  #takeStray(i: string, pending: Pending, error: unknown): void {
    if (pending.isFailed) return
    if (!this.#pending.delete(i)) return this.#host.stray(error)
    pending.isFailed = true
    this.#host.answer({ t: 's', i: pending.question.i, e: new Error(error instanceof Error ? error.message : String(error)) })
  }

  /** True where the host has another file, or has one that the sandbox has removed. */
  #differs(id: string, importer: string | undefined): boolean {
    const files = this.#host.files()
    return placesOf(id, importer, this.#root).some((path) => files?.owns(path) || files?.lacks(path))
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

  /** To the user, not to the sandbox: whether the host has it is not for tests to know. */
  #tellHidden({ question: { a }, missed }: Pending, isError: boolean): void {
    const [id, importer] = a
    const hidden = placesOf(id, importer, this.#root).find((path) => this.#host.view.hides(path))
    if (hidden !== undefined) this.#host.hidden(hidden, 'test')
    else if (isError && missed !== undefined) this.#host.hidden(missed, 'plugin')
  }

  async #askOwn(question: ModuleQuestion): Promise<void> {
    const [id, importer, name, ...rest] = question.a
    const { files, answer } = this.#host
    try {
      const sandbox = files()
      if (!sandbox) throw new Error(`Failed to load url ${quoted(id)}: the sandbox has ended`)
      const own = await this.#environment(name, sandbox)
      this.#ask(this.#own, { question, own: true }, { ...question, a: [id, importer, own, ...rest] })
    } catch (error) {
      answer({ t: 's', i: question.i, e: error })
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
