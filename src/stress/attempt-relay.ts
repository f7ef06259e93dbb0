// What tinypool's threads run. Each hands its tasks to a worker process of its own, and knows how that ended. So a thread outlives every
// worker process: tinypool waits forever for a worker of its own that is killed before it is ready, and never tells how one ended.

import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { constants } from 'node:os'
import type { MessagePort } from 'node:worker_threads'
import { oneLine } from '../quoted.ts'
import type { AttemptTask, WorkerAnswer } from './attempt.ts'

export interface RelayedTask {
  /** Module of the worker process. */
  entry: string
  /** Null ends the worker process. */
  task: AttemptTask | null
  /** A worker process that has not answered after this long is lost, in milliseconds. */
  limitMs: number
  /** A message on it cancels the task and ends the worker process. */
  cancel: MessagePort
}

/** `itself`: no signal ended the worker process, so that its own code did. */
export type Relayed = WorkerAnswer | { lost: string; itself?: boolean } | { cancelled: true }

/** Errors of what was killed, or is too slow: the machine lacks nothing, and a worker process that starts anew may do better. */
const losses: readonly string[] = ['ERR_NSBOX_ZYGOTE', 'ERR_NSBOX_INIT_KILLED', 'ERR_NSBOX_START']

/** How long a worker process may take to end what a global setup has started, in milliseconds. It gives up by itself a little earlier. */
export const leaveLimit = 6000

/** Kept for all tasks of a campaign. */
let worker: ChildProcess | undefined

export default async function relay({ entry, task, limitMs, cancel }: RelayedTask): Promise<Relayed> {
  try {
    if (task !== null) return await answerOf(worker ?? start(entry), task, limitMs, cancel)
    await end(worker)
    return { cancelled: true }
  } finally {
    cancel.close()
  }
}

/**
 * In a session of its own: vitest ends its process at Ctrl-C, and it is the campaign's to say what ends then. Standard output is for
 * results: what a worker process prints goes to standard error.
 */
function start(entry: string): ChildProcess {
  // Flags that this node was started with are not meant for theirs: vitest wants threads.
  const child = fork(entry, { detached: true, execArgv: [], serialization: 'advanced', stdio: ['ignore', 2, 2, 'ipc'] })
  const forget = () => {
    if (worker === child) worker = undefined
  }
  child.on('error', forget).once('exit', forget)
  worker = child
  return child
}

async function answerOf(child: ChildProcess, task: AttemptTask, limitMs: number, cancel: MessagePort): Promise<Relayed> {
  const { promise, resolve } = Promise.withResolvers<Relayed>()
  const failed = ({ message }: Error) => resolve({ lost: `failed: ${message}` })
  const ended = (code: number | null, signal: string | null) => {
    const killer = signal ?? signalOf(code)
    resolve(killer === undefined ? { lost: `ended with exit code ${code}`, itself: true } : { lost: `was killed by ${killer}` })
  }
  const late = setTimeout(() => resolve({ lost: `gave no answer in ${limitMs / 1000} s` }), limitMs)
  cancel.once('message', () => resolve({ cancelled: true }))
  const answered = (answer: WorkerAnswer) => resolve(lossIn(answer) ?? answer)
  child.once('message', answered).once('error', failed).once('exit', ended)
  // Where it has just ended, its exit says how.
  child.send(task, () => undefined)
  const relayed = await promise
  clearTimeout(late)
  child.off('message', answered).off('error', failed).off('exit', ended)
  if ('lost' in relayed || 'cancelled' in relayed) await end(child)
  return relayed
}

/** vitest and Vite end their process themselves at a signal, with the exit code that a shell would tell. */
function signalOf(code: number | null): string | undefined {
  return Object.entries(constants.signals).find(([, number]) => code === 128 + number)?.[0]
}

/** A zygote that ends with an exit code has run code of the user's that ended it. */
function lossIn(answer: WorkerAnswer): Relayed | undefined {
  if (!('error' in answer && 'stage' in answer.error && losses.includes(answer.error.code))) return undefined
  const { message } = answer.error
  return { lost: `could not go on: ${oneLine(message)}`, itself: /\bThe zygote ended: exit code/.test(message) }
}

async function end(child: ChildProcess | undefined): Promise<void> {
  if (child?.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  // Not by SIGTERM: vitest and Vite end their process at once then, and what a global setup has started stays.
  if (child.connected) child.disconnect()
  const timer = setTimeout(() => child.kill('SIGKILL'), leaveLimit)
  await exited
  clearTimeout(timer)
}
