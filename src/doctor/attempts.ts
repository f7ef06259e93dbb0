// Tries small plans, each in a throwaway sandbox of its own.

import { describeError, type ErrorData } from '../errors.ts'
import { noAnswer } from '../host/answer-limit.ts'
import type { SealFailure } from '../host/explain.ts'
import { endedInTime } from '../launch/ended-in-time.ts'
import type { Sandbox } from '../launch/sandbox.ts'
import { type ForkPayload, ZygoteProcess } from '../launch/zygote-process.ts'
import type { Namespace, SandboxPlan, SealAction } from '../plan/plan.ts'

const nothing: ForkPayload = { kind: 'exec', file: '/bin/true', argv: ['true'], env: {} }

export interface AttemptFailure extends SealFailure {
  code?: string
}

/** What is no error of nsbox's own comes with its stack, and has its errno in the message alone. */
function inOneLine({ message, ...error }: ErrorData): AttemptFailure {
  const [line = message] = message.split('\n')
  const errno = error.errno ?? /\b(E[A-Z0-9]{2,}): /.exec(line)?.[1]
  return { ...error, message: line, ...(errno && { errno }) } as AttemptFailure
}

export class Attempts {
  readonly #env: NodeJS.ProcessEnv
  /** What every plan begins with: without ids a process has no power in its user namespace. */
  readonly #mapIds: SealAction
  #zygote: ZygoteProcess | undefined

  constructor(env: NodeJS.ProcessEnv, mapIds: SealAction) {
    this.#env = env
    this.#mapIds = mapIds
  }

  /** Undefined when every step was done. Never rejects. */
  async failure(namespaces: readonly Namespace[], steps: readonly SealAction[]): Promise<AttemptFailure | undefined> {
    try {
      const end = await endedInTime(await this.start(namespaces, [this.#mapIds, ...steps], nothing))
      if (!end) return { message: noAnswer }
      return end.error && inOneLine(end.error)
    } catch (error) {
      return { message: describeError(error) }
    }
  }

  /** @throws NsboxError when no zygote can be started */
  async start(namespaces: readonly Namespace[], steps: readonly SealAction[], payload: ForkPayload): Promise<Sandbox> {
    const why = 'nsbox doctor tries it'
    const plan: SandboxPlan = {
      namespaces: ['user', ...namespaces],
      steps: steps.map((step) => ({ why, ...step })),
      lastSteps: [],
      seal: 'require',
    }
    // One that an attempt has ended must not end the others.
    if (!this.#zygote?.alive) this.#zygote = new ZygoteProcess({ mode: 'cold', env: this.#env, execArgv: [], preload: null })
    await this.#zygote.prepared
    return this.#zygote.launch(plan, payload)
  }

  async close(): Promise<void> {
    await this.#zygote?.close()
  }
}
