// createSandbox(): a zygote that is kept, so that the next sandbox costs milliseconds.

import { createRequire } from 'node:module'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import {
  type CreateOptions,
  commandWords,
  createOptions,
  type ExecOptions,
  execOptions,
  type ResolvedCreateOptions,
  requireCall,
} from '../config/library-options.ts'
import { NsboxError } from '../errors.ts'
import { findLimits, type Limited } from '../launch/limited.ts'
import { Plans } from '../launch/plans.ts'
import { coldZygote, type ZygoteProcess } from '../launch/zygote-process.ts'
import { Caller, type CallOptions } from './caller.ts'
import { limitRequest } from './limit-request.ts'
import { startProgram } from './program.ts'
import { sandboxRequest } from './request.ts'
import { orRejected, type Running } from './running.ts'

export class WarmSandbox implements AsyncDisposable {
  readonly #options: ResolvedCreateOptions
  readonly #plans: Plans
  readonly #limited: Limited
  readonly #env: NodeJS.ProcessEnv
  #zygote: ZygoteProcess
  #caller: Caller | undefined
  readonly #closing = new AbortController()

  /** For {@link createSandbox}. */
  constructor(options: ResolvedCreateOptions, plans: Plans, limited: Limited) {
    this.#options = options
    this.#plans = plans
    this.#limited = limited
    this.#env = options.env ?? process.env
    this.#zygote = coldZygote(limited)
  }

  /** Runs a program in a fresh sandbox: nothing of an earlier one is left in it. */
  exec(command: readonly string[], options: ExecOptions = {}): Running {
    return orRejected(() => this.#exec(command, options))
  }

  #exec(command: readonly string[], options: ExecOptions): Running {
    this.#requireOpen()
    const words = commandWords(command, 'exec()')
    const resolved = execOptions(options)
    const { cwd, keep } = resolved
    if (!this.#zygote.alive) this.#zygote = coldZygote(this.#limited)
    const place = Promise.resolve({ plans: this.#plans, zygote: this.#zygote, limited: this.#limited, upper: this.#options.upper })
    return startProgram(place, {
      command: words,
      env: this.#env,
      options: {
        ...resolved,
        signal: this.#orClosing(resolved.signal),
        cwd: cwd === undefined ? undefined : resolve(cwd),
        keep: keep === undefined ? undefined : resolve(keep),
      },
    })
  }

  /**
   * Calls a function that a module exports, in a fresh sandbox, and answers what it returns.
   * Arguments and result are structured clones. The module is a path, a file URL or a package's name.
   * @throws what the function throws, and NsboxError when its process ended without an answer
   */
  async call<Result = unknown>(
    module: string | URL,
    exportName: string,
    args: readonly unknown[] = [],
    options: CallOptions = {},
  ): Promise<Result> {
    this.#requireOpen()
    requireCall(module, exportName, args, options)
    this.#caller ??= new Caller(this.#plans, this.#limited, {
      ...this.#options,
      env: this.#env,
      preload: this.#options.preload.map(moduleUrl),
    })
    return (await this.#caller.call(
      { url: moduleUrl(module), name: exportName, args: [...args] },
      { ...options, signal: this.#orClosing(options.signal) },
    )) as Result
  }

  /** Ends what still runs, and the zygote. */
  async close(): Promise<void> {
    this.#closing.abort()
    await Promise.all([this.#zygote.close(), this.#caller?.close()])
    await this.#limited?.source.close()
    this.#plans.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  /** @throws NsboxError when the zygote did not start */
  get ready(): Promise<void> {
    return this.#zygote.prepared
  }

  #orClosing(signal: AbortSignal | undefined): AbortSignal {
    return AbortSignal.any([this.#closing.signal, ...(signal ? [signal] : [])])
  }

  #requireOpen(): void {
    if (this.#closing.signal.aborted) throw new NsboxError('This sandbox is closed', { code: 'ERR_NSBOX_CLOSED', stage: 'launch' })
  }
}

/**
 * Keeps a zygote from which each `exec` and `call` gets a fresh sandbox within milliseconds.
 * @throws NsboxError ERR_NSBOX_CONFIG for options that are wrong
 */
export async function createSandbox(options: CreateOptions = {}): Promise<WarmSandbox> {
  const resolved = createOptions(options)
  const plans = new Plans(await sandboxRequest(resolved, process.cwd()), process.env)
  const limited = await findLimits(limitRequest(resolved, process.cwd()), process.env)
  const sandbox = new WarmSandbox(resolved, plans, limited)
  try {
    await sandbox.ready
    return sandbox
  } catch (error) {
    await sandbox.close()
    throw error
  }
}

function moduleUrl(module: string | URL): string {
  if (module instanceof URL) return module.href
  if (/^\w+:/.test(module)) return module
  if (/^\.{0,2}\//.test(module)) return pathToFileURL(resolve(module)).href
  return pathToFileURL(createRequire(resolve('nsbox')).resolve(module)).href
}
