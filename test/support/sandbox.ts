// A place with real files, a zygote, and programs run in sandboxes of it.

import { mkdirSync, mkdtempSync, realpathSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { zygoteEntry } from '../../src/launch/entry.ts'
import type { LimitSource } from '../../src/launch/limit-source.ts'
import { Plans } from '../../src/launch/plans.ts'
import { Ports } from '../../src/launch/ports.ts'
import { type Sandbox, sockets } from '../../src/launch/sandbox.ts'
import { type ForkPayload, type ZygoteOptions, ZygoteProcess } from '../../src/launch/zygote-process.ts'
import type { SandboxPlan } from '../../src/plan/plan.ts'
import type { SandboxRequest } from '../../src/plan/request.ts'
import type { SandboxEnd } from '../../src/wire/protocol.ts'
import { warmModes, type ZygoteMode } from '../../src/zygote/v8-flags.ts'
import { printedByEach, runningEach } from './scripts.ts'

export { warmModes }
export const modes: ZygoteMode[] = [...warmModes, 'cold']
export const repository: string = realpathSync(fileURLToPath(new URL('../..', import.meta.url)))
export const programPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

/** Starts zygotes from dist: from their sources each takes three times the CPU time. */
export const asBuilt = {
  starting: (words, env) => ({ words: words.map((word) => (word === zygoteEntry ? join(repository, 'dist/zygote.js') : word)), env }),
} as LimitSource

type Preload = NonNullable<ZygoteOptions['preload']>

export function payloadFixture(name: string): Preload {
  return { url: new URL(`../fixtures/payload/${name}.mjs`, import.meta.url).href, data: 'prepared' }
}

/** Words that run one of a fixture's programs, in a bench that sees the repository. */
export function payloadProgram(fixture: string, name: string, ...args: (string | number)[]): string[] {
  return [process.execPath, join(repository, `test/fixtures/payload/${fixture}.ts`), name, ...args.map(String)]
}

/** For what is asked of sandboxes: they see the repository, which may lie where they have directories of their own. */
export const seesRepository: Partial<SandboxRequest> = { visible: [repository] }

export type Files = Record<string, string>

/** What a sandbox of a project asks for, when nothing else matters. */
export function requestFor(project: string): SandboxRequest {
  return {
    seal: 'require',
    uid: 'root',
    net: 'none',
    hostname: 'nsbox',
    overlays: [project],
    passThrough: [],
    visible: [],
    cwd: project,
  }
}

export interface BenchOptions {
  mode?: ZygoteMode
  /** Name of the project's directory. */
  project?: string
  files?: Files
  request?: Partial<SandboxRequest>
  preload?: Preload
  execArgv?: string[]
  /** Directory that holds all of it. */
  parent?: string
  /** One that others use too: it stays open when the bench is closed. */
  zygote?: ZygoteProcess
}

export interface RunOptions {
  env?: Record<string, string>
  change?: Partial<SandboxRequest>
  plan?: SandboxPlan
}

/** How a sandbox ended and what it wrote. */
export interface Outcome extends SandboxEnd {
  stdout: string
  stderr: string
}

export class Bench {
  /** Holds home and project, and is private to this bench. */
  readonly root: string
  readonly home: string
  readonly project: string
  /** In the environment of every process of this bench. */
  readonly token: string
  readonly plans: Plans
  readonly #zygoteOptions: ZygoteOptions
  readonly #given: ZygoteProcess | undefined
  #own: ZygoteProcess | undefined

  constructor(options: BenchOptions = {}) {
    const { mode = 'cold', project = 'project', files = {}, request, preload, execArgv = [], parent = tmpdir(), zygote } = options
    this.root = mkdtempSync(join(realpathSync(parent), 'nsbox-test-'))
    this.home = join(this.root, 'home')
    this.project = join(this.root, project)
    this.token = this.root
    mkdirSync(this.home)
    mkdirSync(this.project)
    writeFiles(this.project, files)
    const whole = { ...requestFor(this.project), ...request }
    this.plans = new Plans(whole, { HOME: this.home })
    this.#given = zygote
    this.#zygoteOptions = { mode, env: this.env, execArgv, preload: preload ?? null, limits: asBuilt }
  }

  /** Starts with its first use. */
  get zygote(): ZygoteProcess {
    if (this.#given) return this.#given
    this.#own ??= new ZygoteProcess(this.#zygoteOptions)
    return this.#own
  }

  get env(): Record<string, string> {
    return { PATH: programPath, HOME: this.home, NSBOX_TEST: this.token }
  }

  /** A shell script in a sandbox. */
  sh(script: string, options: RunOptions = {}): Promise<Outcome> {
    return this.exec(['/bin/sh', '-c', script], options)
  }

  /** What each script prints on stdout, all in one sandbox. */
  async printed(scripts: Record<string, string>, options: RunOptions = {}): Promise<Record<string, string>> {
    return printedByEach(scripts, await this.exec(runningEach(scripts), options))
  }

  /** A module's source in a fresh node. */
  node(source: string, options: RunOptions = {}): Promise<Outcome> {
    return this.exec([process.execPath, '--input-type=module', '--eval', source], options)
  }

  exec(argv: string[], options: RunOptions = {}): Promise<Outcome> {
    return collect(this.start(argv, options))
  }

  start(argv: string[], { env = {}, ...options }: RunOptions = {}): Sandbox {
    return this.launch({ kind: 'exec', file: argv[0] as string, argv, env: { ...this.env, ...env } }, options)
  }

  /** What the preloaded module does with this. */
  preloaded(data: unknown, options: RunOptions = {}): Promise<Outcome> {
    return collect(this.launch({ kind: 'preloaded', data }, options))
  }

  launch(payload: ForkPayload, { change, plan: given }: RunOptions = {}): Sandbox {
    const { plan, release } = this.plans.next(change)
    const ports = Ports.of(given ?? plan)
    ports?.expose()
    const sandbox = this.zygote.launch(given ?? plan, payload, { ...sockets, ports }) as Sandbox
    void sandbox.ended.then(release)
    return sandbox
  }

  async close(): Promise<void> {
    await this.#own?.close()
    this.plans.close()
    await rm(this.root, { recursive: true, force: true })
  }
}

export async function collect(sandbox: Sandbox): Promise<Outcome> {
  const [stdout, stderr] = [sandbox.stdout, sandbox.stderr].map((stream) => {
    const chunks: Buffer[] = []
    stream.on('data', (chunk: Buffer) => chunks.push(chunk))
    return chunks
  }) as [Buffer[], Buffer[]]
  const end = await sandbox.ended
  return { ...end, stdout: Buffer.concat(stdout).toString(), stderr: Buffer.concat(stderr).toString() }
}

/** Settles with the first chunk that a sandbox writes: it runs. */
export async function firstOutput(sandbox: Sandbox): Promise<string> {
  const output = new Promise<string>((resolve) => sandbox.stdout.once('data', (chunk: Buffer) => resolve(chunk.toString())))
  // Output and the pid of init come by ways of their own, and callers want both.
  await sandbox.forked
  return output
}

function writeFiles(directory: string, files: Files): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, name)), { recursive: true })
    writeFileSync(join(directory, name), text)
  }
}
