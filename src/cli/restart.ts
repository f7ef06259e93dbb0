// The right kind of node for a command. Sandboxes are forked from one without threads, which a fork does
// not survive; and what NODE_OPTIONS load or start in it (profilers, debuggers, tracers) is meant for the
// command inside. vitest wants threads.

import { constants } from 'node:os'
import { startInScope } from '../cgroup/scope.ts'
import { givenForWriting, keepAtExec } from '../sys/descriptor.ts'
import { execve } from '../sys/process.ts'
import { ignoreSignals } from '../sys/signal.ts'

const flag = '--single-threaded'
/** Where NODE_OPTIONS wait meanwhile. */
const carrier = 'NSBOX_COMMAND_NODE_OPTIONS'
/** Set in a scope that was asked for here. */
const scopeMark = 'NSBOX_COMMAND_SCOPE'

/**
 * Becomes another node when this one was started the other way. The first line of the command's file
 * starts a single-threaded one; `node cli.cjs` and package managers with starters of their own do not.
 */
export function restartUnless(kind: 'threaded' | 'single-threaded', keep: readonly number[] = []): void {
  const isSingle = process.execArgv.includes(flag)
  if (kind === 'threaded') {
    if (isSingle)
      become(
        process.execArgv.filter((one) => one !== flag),
        process.env,
        keep,
      )
    return
  }
  const { NODE_OPTIONS: options, ...rest } = process.env
  if (isSingle && !options) return
  become([...new Set([...process.execArgv, flag])], options ? { ...rest, [carrier]: options } : process.env, keep)
}

/** The environment that this process was given first. */
export function callersEnvironment(): NodeJS.ProcessEnv {
  const { [carrier]: options, [scopeMark]: _, ...rest } = process.env
  return options === undefined ? rest : { ...rest, NODE_OPTIONS: options }
}

/** Becomes the same command in a scope of systemd's: the cgroup of this one is not its own to divide. */
export function restartInScope(keep: readonly number[]): never {
  const { words, env } = startInScope([process.execPath, ...process.execArgv, ...process.argv.slice(1)], process.env)
  return replace(['/usr/bin/env', ...words], { ...env, [scopeMark]: '1' }, keep)
}

export function isRestartedInScope(): boolean {
  return process.env[scopeMark] !== undefined
}

function become(flags: readonly string[], env: NodeJS.ProcessEnv, keep: readonly number[]): never {
  return replace([process.execPath, ...flags, ...process.argv.slice(1)], env, keep)
}

/** `keep` are descriptors that the caller gave for reading; those for writing are all kept. */
function replace(words: readonly string[], env: NodeJS.ProcessEnv, keep: readonly number[]): never {
  // The tick of a profiler may be on its way, and the next node does not expect it.
  ignoreSignals([constants.signals.SIGPROF])
  keepAtExec([0, ...keep, ...givenForWriting()])
  const environment = Object.entries(env).map(([name, value]) => `${name}=${value}`)
  return execve(words[0] as string, words, environment)
}
