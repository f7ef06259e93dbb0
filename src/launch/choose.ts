// Decides how sandboxes are launched here: by trying.

import { debug } from '../debug.ts'
import { errorFromData, NsboxError } from '../errors.ts'
import { noAnswer } from '../host/answer-limit.ts'
import { explainMissing, explainSealFailure } from '../host/explain.ts'
import { canRestoreWorkerThreads } from '../sys/node-threads.ts'
import type { NotEnforced } from '../wire/protocol.ts'
import { warmModes, type ZygoteMode } from '../zygote/v8-flags.ts'
import { endedInTime } from './ended-in-time.ts'
import type { Plans } from './plans.ts'
import { startedInTime } from './start-timeout.ts'
import type { ForkPayload, ZygoteProcess } from './zygote-process.ts'

const log = debug('launch')

export interface LaunchChoice {
  mode: ZygoteMode
  /** The zygote that passed the self-check. */
  zygote: ZygoteProcess
  /** Why a faster way was not taken, one sentence each. */
  reasons: string[]
  /** True when one of them says nothing about this node: a self-check that gave no answer in time, or was killed. */
  isFromOutside: boolean
  /** Protections that were asked for with `prefer` and cannot be had here. */
  notEnforced: NotEnforced[]
}

export interface ChooseOptions {
  launch: 'auto' | 'warm' | 'cold'
  upper: 'auto' | 'tmpfs' | 'disk'
  plans: Plans
  /** Starts a zygote; a cold one preloads nothing. */
  start(mode: ZygoteMode): ZygoteProcess
}

/** @throws NsboxError when no sandbox can be had here, or not the kind that was asked for */
export async function chooseLaunch(options: ChooseOptions): Promise<LaunchChoice> {
  const reasons: string[] = []
  let outside: FromOutside | undefined
  if (options.upper === 'disk') await options.plans.useDisk()
  for (const mode of candidates(options.launch)) {
    const zygote = options.start(mode)
    try {
      const notEnforced = (await selfCheck(zygote, options)).map(explainMissing)
      return { mode, zygote, reasons, isFromOutside: outside !== undefined, notEnforced }
    } catch (error) {
      await zygote.close()
      if (!(error instanceof SelfCheckFailure) && !runsThreads(error)) throw error
      if (error instanceof SelfCheckFailure) outside ??= error.outside
      if (!reasons.includes(error.message)) reasons.push(error.message)
      log('%s', error.message)
    }
  }
  throw new NsboxError(`No sandbox can be launched ${outside ? 'now' : 'with this node'}: ${reasons.join('; ')}`, {
    code: outside ?? 'ERR_NSBOX_SELF_CHECK',
    stage: 'launch',
    hint: options.launch === 'warm' ? "launch: 'auto' falls back to a fresh node for each sandbox." : undefined,
  })
}

function candidates(launch: ChooseOptions['launch']): ZygoteMode[] {
  const warm = warmModes.filter((mode) => mode !== 'threads' || canRestoreWorkerThreads())
  if (launch === 'cold') return ['cold']
  return launch === 'warm' ? warm : [...warm, 'cold']
}

/** True for what a zygote says that cannot be forked because of what the user has loaded into it. */
export function runsThreads(error: unknown): error is NsboxError {
  return NsboxError.is(error) && error.code === 'ERR_NSBOX_THREADS'
}

type FromOutside = 'ERR_NSBOX_START' | 'ERR_NSBOX_INIT_KILLED'

/** This way of launching does not work here; another may. */
class SelfCheckFailure extends Error {
  /** Set where it says nothing about this node. */
  readonly outside: FromOutside | undefined

  constructor(mode: ZygoteMode, how: string, outside?: FromOutside) {
    super(`the self-check of a ${mode} zygote ${how}`)
    this.outside = outside
  }
}

/** A bad fork crashes or stops. These come from elsewhere, as when memory is short. */
const killed: readonly unknown[] = ['SIGKILL', 'SIGTERM', 'SIGINT', 'SIGHUP']

/** One throwaway sandbox under the full seal, with work of the kind that a bad fork breaks. */
async function selfCheck(zygote: ZygoteProcess, { upper, plans }: Pick<ChooseOptions, 'upper' | 'plans'>): Promise<NotEnforced[]> {
  await startedInTime(zygote.prepared, 'The zygote', {
    stage: 'zygote',
    hint: 'It loads what NODE_OPTIONS and execArgv name; a module that never finishes loading is the usual cause.',
  })
  const { plan, release } = plans.next()
  const sandbox = zygote.launch(plan, zygote.mode === 'cold' ? freshNode : { kind: 'self-check' })
  const end = await endedInTime(sandbox)
  release()
  if (!end) throw new SelfCheckFailure(zygote.mode, `gave ${noAnswer}`, 'ERR_NSBOX_START')
  const { exitCode, signal, error, notEnforced } = end
  if (error?.code === 'ERR_NSBOX_UPPER_XATTR' && upper === 'auto' && plans.upper === 'tmpfs') {
    await plans.useDisk()
    return selfCheck(zygote, { upper, plans })
  }
  if (error && error.code !== 'ERR_NSBOX_INIT_KILLED') throw explainSealFailure(errorFromData(error))
  if (exitCode !== 0) {
    const outside = killed.includes(signal) ? 'ERR_NSBOX_INIT_KILLED' : undefined
    throw new SelfCheckFailure(zygote.mode, `ended with ${signal ?? `exit code ${exitCode}`}`, outside)
  }
  return notEnforced
}

const freshNode: ForkPayload = { kind: 'exec', file: process.execPath, argv: [process.execPath, '--eval', '0'], env: {} }
