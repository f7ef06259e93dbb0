// The right kind of node for a command. Sandboxes are forked from one without threads, which a fork does
// not survive; and what NODE_OPTIONS load or start in it (profilers, debuggers, tracers) is meant for the
// command inside. vitest wants threads.

import { constants } from 'node:os'
import { givenForWriting, keepAtExec } from '../sys/descriptor.ts'
import { execve } from '../sys/process.ts'
import { ignoreSignals } from '../sys/signal.ts'

const flag = '--single-threaded'
/** Where NODE_OPTIONS wait meanwhile. */
const carrier = 'NSBOX_COMMAND_NODE_OPTIONS'

/**
 * Becomes another node when this one was started the other way. The first line of the command's file
 * starts a single-threaded one; `node cli.cjs` and package managers with starters of their own do not.
 */
export function restartUnless(kind: 'threaded' | 'single-threaded'): void {
  const isSingle = process.execArgv.includes(flag)
  if (kind === 'threaded') {
    if (isSingle)
      become(
        process.execArgv.filter((one) => one !== flag),
        process.env,
      )
    return
  }
  const { NODE_OPTIONS: options, ...rest } = process.env
  if (isSingle && !options) return
  become([...new Set([...process.execArgv, flag])], options ? { ...rest, [carrier]: options } : process.env)
}

/** The environment that this process was given first. */
export function callersEnvironment(): NodeJS.ProcessEnv {
  const { [carrier]: options, ...rest } = process.env
  return options === undefined ? rest : { ...rest, NODE_OPTIONS: options }
}

function become(flags: readonly string[], env: NodeJS.ProcessEnv): never {
  // The tick of a profiler may be on its way, and the next node does not expect it.
  ignoreSignals([constants.signals.SIGPROF])
  keepAtExec([0, ...givenForWriting()])
  const environment = Object.entries(env).map(([name, value]) => `${name}=${value}`)
  return execve(process.execPath, [process.execPath, ...flags, ...process.argv.slice(1)], environment)
}
