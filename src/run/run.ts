// run(): one program in one sandbox.

import { resolve } from 'node:path'
import { commandWords, type RunOptions, runOptions } from '../config/library-options.ts'
import { Plans } from '../launch/plans.ts'
import { ZygoteProcess } from '../launch/zygote-process.ts'
import { startProgram } from './program.ts'
import { sandboxRequest } from './request.ts'
import { orRejected, type Running } from './running.ts'

/**
 * Runs a program in a sandbox of its own. Whatever happens to it is in the report; the promise rejects
 * only for options that are wrong (`ERR_NSBOX_CONFIG`), before anything runs. To run many programs,
 * {@link createSandbox} saves each the start of a node, about 40 ms.
 */
export function run(options: RunOptions): Running {
  return orRejected(() => start(options))
}

function start({ command, ...rest }: RunOptions): Running {
  const words = commandWords(command, 'run()')
  const options = runOptions(rest)
  const { cwd: inside, ...sandbox } = options
  const plans = (async () => {
    const request = await sandboxRequest({ ...sandbox, ...(inside !== undefined && { cwd: inside }) }, process.cwd())
    return new Plans(request, process.env)
  })()
  // One zygote for one program: it ends with it.
  const place = plans.then((plans) => ({
    plans,
    zygote: new ZygoteProcess({ mode: 'cold', env: process.env, execArgv: [], preload: null }),
    upper: options.upper,
  }))
  place.catch(() => undefined)
  return startProgram(place, {
    command: words,
    env: process.env,
    options: { ...options, cwd: undefined, ...(options.keep !== undefined && { keep: resolve(options.keep) }) },
    release: async () => {
      const started = await place.catch(() => undefined)
      await started?.zygote.close()
      started?.plans.close()
    },
  })
}
