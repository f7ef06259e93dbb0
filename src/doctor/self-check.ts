// The whole seal around this directory, in the way that a run would choose.

import { describeError, NsboxError } from '../errors.ts'
import { remedyFor } from '../host/explain.ts'
import { installNode } from '../host/remedies/software.ts'
import type { Restrictions } from '../host/restrictions.ts'
import { chooseLaunch } from '../launch/choose.ts'
import type { Plans } from '../launch/plans.ts'
import { ZygoteProcess } from '../launch/zygote-process.ts'
import type { ZygoteMode } from '../zygote/v8-flags.ts'
import { type Check, fail, pass, warn } from './check.ts'

const name = 'self-check'

const slower: Partial<Record<ZygoteMode, string>> = {
  'single-threaded': 'test files start fast, and their JavaScript is compiled and collected on one thread',
  cold: 'every test file starts a fresh node, which takes longer than a fork',
}

export async function checkSelf(plans: Plans, host: Restrictions, env: NodeJS.ProcessEnv): Promise<Check> {
  const start = (mode: ZygoteMode) => new ZygoteProcess({ mode, env, execArgv: [], preload: null })
  try {
    const { mode, zygote, reasons, isFromOutside } = await chooseLaunch({ launch: 'auto', upper: 'auto', plans, start })
    await zygote.close()
    const detail = `sealed, launched from a ${mode === 'threads' ? 'warm' : mode} zygote, overlays kept on ${plans.upper}`
    const effect = slower[mode]
    return effect ? warn(name, [detail, ...reasons].join('; '), effect, isFromOutside ? undefined : otherNode()) : pass(name, detail)
  } catch (error) {
    return fail(name, describeError(error).split('\n')[0] ?? '', NsboxError.is(error) ? remedyFor(error, host) : undefined)
  }
}

const otherNode = () => ({ ...installNode('24'), why: 'This node cannot be forked with its worker threads' })
