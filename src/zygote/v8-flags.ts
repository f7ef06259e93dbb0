// V8's concurrent work: off in a zygote, because a fork would leave it half done on threads that the
// child does not have, on in its children.

import { setV8Flag } from '../sys/node-flags.ts'

/** How a zygote's V8 was started, and so what its children can be. */
export type ZygoteMode =
  /** Worker threads are off here and given back in the child. */
  | 'threads'
  /** V8 uses no worker threads, here or in the child. */
  | 'single-threaded'
  /** Its children only exec. */
  | 'cold'

const isNode26 = Number.parseInt(process.versions.node, 10) >= 26

/**
 * The ways a zygote of this node can be warm, best first. Children of a single-threaded one stop for
 * ever on Node 26 as soon as they spawn or collect much garbage: `vitest … contract` shows it.
 */
export const warmModes: readonly ZygoteMode[] = isNode26 ? ['threads'] : ['threads', 'single-threaded']

/**
 * Turned off by JavaScript and not at start: V8 makes the queues of concurrent compilers at start
 * only, and the children need them.
 */
const concurrent = [
  // A fork in the middle of it would have what others have marked, and nobody to wait for.
  'incremental-marking',
  'concurrent-marking',
  'concurrent-sweeping',
  'concurrent-array-buffer-sweeping',
  'concurrent-minor-ms-marking',
  ...(hasMaglev() ? ['concurrent-sparkplug', 'maglev'] : []),
  'turbofan',
  'use-osr',
]

/** Waits for help from other threads. In the zygote they are there. */
const parallel = 'parallel-scavenge'

/**
 * The first thing a fork does: a collection would wake threads up that are not there, and glibc's
 * pthread_cond_signal() waits for them for ever.
 */
export function collectAlone(): void {
  setV8Flag(`--no-${parallel}`)
}

/** What a full collection would share with threads that an init does not have. */
const shared = ['parallel-marking', 'parallel-compaction', 'parallel-pointer-update', 'parallel-weak-ref-clearing']

/**
 * An init that sees to limits runs JavaScript for as long as its sandbox lives, and so it collects all of its heap. With
 * efficiency-mode V8 begins nothing in the background: marking of node's own objects would, and without parallel-marking nobody
 * joins it, which V8 checks at its end.
 */
export function workAlone(): void {
  setV8Flag('--efficiency-mode')
  // V8 of Node 26 wakes a thread up for each collection of new objects, parallel or not. Collections of all do not.
  if (isNode26) setV8Flag('--gc-global')
  for (const name of shared) setV8Flag(`--no-${name}`)
}

/** One pool thread is the least there is: 0 means one per core. */
const nodeOptions = ['--v8-pool-size=1', '--disable-sigusr1']

/** How to start a zygote. What stands in NODE_OPTIONS does not show in the execArgv of its workers. */
export function zygoteStart(mode: ZygoteMode, env: NodeJS.ProcessEnv): { flags: string[]; env: NodeJS.ProcessEnv } {
  const flags = mode === 'threads' ? [] : ['--single-threaded']
  return { flags, env: { ...env, NODE_OPTIONS: [env['NODE_OPTIONS'], ...nodeOptions].filter(Boolean).join(' ') } }
}

/** The first thing a zygote does: puts the user's NODE_OPTIONS back and makes V8 do one thing at a time. */
export function settle(mode: ZygoteMode): void {
  const users = (process.env['NODE_OPTIONS'] ?? '').split(' ').slice(0, -nodeOptions.length).join(' ')
  if (users) process.env['NODE_OPTIONS'] = users
  else delete process.env['NODE_OPTIONS']
  if (mode === 'threads') for (const name of concurrent) setV8Flag(`--no-${name}`)
}

/** In the child, once the worker threads are back. What the user turned off stays off. */
export function turnOnConcurrency(execArgv: readonly string[]): void {
  for (const name of [...concurrent, parallel]) if (!execArgv.includes(`--no-${name}`)) setV8Flag(`--${name}`)
}

/** Node 22 has them off by default, later ones on. */
function hasMaglev(): boolean {
  return Number.parseInt(process.versions.v8, 10) >= 13
}
