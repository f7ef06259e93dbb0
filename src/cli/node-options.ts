// NODE_OPTIONS are meant for the command. In nsbox's own node they may load modules and start threads,
// which a fork does not survive: profilers, debuggers, tracers.

import { constants } from 'node:os'
import { givenForWriting, keepAtExec } from '../sys/descriptor.ts'
import { execve } from '../sys/process.ts'
import { ignoreSignals } from '../sys/signal.ts'

/** Where they wait meanwhile. */
const carrier = 'NSBOX_COMMAND_NODE_OPTIONS'

/** Becomes another node, without them. */
export function leaveNodeOptions(): void {
  const { NODE_OPTIONS: options, ...rest } = process.env
  if (!options) return
  const environment = Object.entries({ ...rest, [carrier]: options }).map(([name, value]) => `${name}=${value}`)
  // The tick of a profiler may be on its way, and the next node does not expect it.
  ignoreSignals([constants.signals.SIGPROF])
  keepAtExec([0, ...givenForWriting()])
  execve(process.execPath, [process.execPath, ...process.argv.slice(1)], environment)
}

/** The environment that this process was given first. */
export function callersEnvironment(): NodeJS.ProcessEnv {
  const { [carrier]: options, ...rest } = process.env
  return options === undefined ? rest : { ...rest, NODE_OPTIONS: options }
}
