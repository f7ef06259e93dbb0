// run(): one program in one sandbox.

import { resolve } from 'node:path'
import { commandWords, type RunOptions, requireObject, runOptions } from '../config/library-options.ts'
import { findLimits } from '../launch/limited.ts'
import { Plans } from '../launch/plans.ts'
import { coldZygote } from '../launch/zygote-process.ts'
import { limitRequest } from './limit-request.ts'
import { startProgram } from './program.ts'
import { sandboxRequest } from './request.ts'
import { orRejected, type Running } from './running.ts'

/**
 * Runs a program in a sandbox of its own. Whatever happens to it is in the report; the promise rejects
 * only for options that are wrong (`ERR_NSBOX_CONFIG`), before anything runs. To run many programs,
 * {@link createSandbox} saves each the start of a node, about 40 ms.
 */
export function run(options: RunOptions): Running {
  return orRejected(() => {
    requireObject(options, 'run()')
    return start(options)
  })
}

function start({ command, ...rest }: RunOptions): Running {
  const words = commandWords(command, 'run()')
  const options = runOptions(rest)
  const { cwd: inside, ...sandbox } = options
  // One zygote for one program: it ends with it.
  const place = (async () => {
    const request = await sandboxRequest({ ...sandbox, ...(inside !== undefined && { cwd: inside }) }, process.cwd())
    const limited = await findLimits(limitRequest(options, process.cwd()), process.env)
    return { plans: new Plans(request, process.env), zygote: coldZygote(limited), limited, upper: options.upper }
  })()
  place.catch(() => undefined)
  return startProgram(place, {
    command: words,
    env: process.env,
    options: { ...options, cwd: undefined, ...(options.keep !== undefined && { keep: resolve(options.keep) }) },
    release: async () => {
      const started = await place.catch(() => undefined)
      await started?.zygote.close()
      await started?.limited?.source.close()
      started?.plans.close()
    },
  })
}
