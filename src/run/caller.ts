// Calls functions of modules in sandboxes, from a zygote that is warm where this node can be forked.

import type { ResolvedCreateOptions } from '../config/library-options.ts'
import type { ProgramOptions } from '../config/run-options.ts'
import { programOptions } from '../config/run-schema.ts'
import { errorFromData, NsboxError } from '../errors.ts'
import { chooseLaunch, type LaunchChoice } from '../launch/choose.ts'
import { describeCap } from '../launch/describe-cap.ts'
import { callUrl, coldCallEntry } from '../launch/entry.ts'
import { definedOnly } from '../launch/environment.ts'
import { type Limited, prepare } from '../launch/limited.ts'
import type { Plans } from '../launch/plans.ts'
import { Ports } from '../launch/ports.ts'
import { type Sandbox, sockets } from '../launch/sandbox.ts'
import { coldZygote, ZygoteProcess } from '../launch/zygote-process.ts'
import { quoted } from '../quoted.ts'
import type { CallAnswer, CallRequest } from '../wire/protocol.ts'
import type { ZygoteMode } from '../zygote/v8-flags.ts'
import { type Outcome, supervise } from './supervise.ts'

export interface CallOptions extends Pick<ProgramOptions, 'timeout' | 'killAfter'> {
  /** Ends the call as its timeout would. */
  signal?: AbortSignal
}

export interface CallerOptions extends Pick<ResolvedCreateOptions, 'upper'> {
  env: NodeJS.ProcessEnv
  /** URLs. */
  preload: string[]
}

export class Caller {
  readonly #plans: Plans
  readonly #limited: Limited
  readonly #options: CallerOptions
  #choice: Promise<LaunchChoice> | undefined

  constructor(plans: Plans, limited: Limited, options: CallerOptions) {
    this.#plans = plans
    this.#limited = limited
    this.#options = options
  }

  async call(request: CallRequest, { signal, ...times }: CallOptions): Promise<unknown> {
    const { timeout, killAfter } = programOptions(times, 'call()')
    const choice = await this.#open()
    const { plan, limits, release } = prepare(this.#plans, this.#limited, choice.zygote.pid)
    let sandbox: Sandbox | undefined
    try {
      const payload = choice.mode === 'cold' ? this.#freshNode() : { kind: 'preloaded' as const, data: request }
      const ports = Ports.of(plan)
      ports?.expose()
      const streams = { ...sockets, control: this.#limited !== null, cgroup: limits.cgroup, ports }
      sandbox = choice.zygote.launch(plan, payload, streams) as Sandbox
      limits.attach(sandbox.control)
      const answer = this.#exchange(sandbox, choice.mode, request)
      const outcome = await supervise(sandbox, limits, { timeout, killAfter, signal })
      return resultOf(answer(), outcome, request)
    } finally {
      // It has ended, but where something failed before it was waited for.
      sandbox?.kill()
      await sandbox?.ended
      await release()
    }
  }

  async close(): Promise<void> {
    const choice = await this.#choice?.catch(() => undefined)
    await choice?.zygote.close()
  }

  async #open(): Promise<LaunchChoice> {
    if (this.#choice && (await this.#choice).zygote.alive) return this.#choice
    const { upper } = this.#options
    this.#choice = chooseLaunch({ launch: 'auto', upper, plans: this.#plans, start: (mode) => this.#start(mode) })
    return this.#choice
  }

  #start(mode: ZygoteMode): ZygoteProcess {
    const { env, preload } = this.#options
    if (mode === 'cold') return coldZygote(this.#limited)
    return new ZygoteProcess({ mode, env, execArgv: [], preload: { url: callUrl, data: preload }, limits: this.#limited?.source })
  }

  #freshNode() {
    const argv = [process.execPath, coldCallEntry]
    return { kind: 'exec' as const, file: process.execPath, argv, env: definedOnly(this.#options.env) }
  }

  /** What the function writes is shown as this process's own. */
  #exchange(sandbox: Sandbox, mode: ZygoteMode, request: CallRequest): () => CallAnswer | undefined {
    let answer: CallAnswer | undefined
    sandbox.channel.on((message) => {
      answer = message as CallAnswer
    })
    if (mode === 'cold') sandbox.channel.post(request)
    sandbox.stdout.on('data', (chunk) => process.stdout.write(chunk))
    sandbox.stderr.on('data', (chunk) => process.stderr.write(chunk))
    return () => answer
  }
}

function resultOf(answer: CallAnswer | undefined, outcome: Outcome, { url, name }: CallRequest): unknown {
  if (answer) {
    if ('error' in answer) throw answer.error instanceof Error ? Object.assign(answer.error, answer.fields) : answer.error
    return answer.result
  }
  const { error, cause, signal, exitCode, hit } = outcome
  if (error) throw errorFromData(error)
  const how = hit
    ? `was ${describeCap(hit)}`
    : cause === 'timeout'
      ? 'was ended by its timeout'
      : cause === 'abort'
        ? 'was aborted'
        : `ended with ${signal ?? `exit code ${exitCode}`}`
  throw new NsboxError(`The call of ${quoted(name)} in ${quoted(url)} ${how} before it answered`, {
    code: 'ERR_NSBOX_CALL_ENDED',
    stage: 'payload',
  })
}
