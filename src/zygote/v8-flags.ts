// V8's concurrent work: off in a zygote, because a fork would leave it half done on threads that the
// child does not have, on in its children.

import { setFlagsFromString } from 'node:v8'

/** How a zygote's V8 was started, and so what its children can be. */
export type ZygoteMode =
  /** Worker threads are off here and given back in the child. */
  | 'threads'
  /** V8 uses no worker threads, here or in the child. */
  | 'single-threaded'
  /** Its children only exec. */
  | 'cold'

/** Concurrent collection: may be turned off at start and on again later. */
const collection = ['concurrent-marking', 'concurrent-sweeping', 'concurrent-array-buffer-sweeping', 'concurrent-minor-ms-marking']
/** Turning it on later crashes V8, which makes its queue at start only: it stays off. */
const neverAgain = ['concurrent-sparkplug']
/** Optimising compilers work concurrently. Turned off by JavaScript: at start V8 would not make their queues. */
const compilers = ['turbofan', 'use-osr', ...(hasMaglev() ? ['maglev'] : [])]

/** node's flags for a zygote. One pool thread is the least there is: 0 means one per core. */
export function zygoteFlags(mode: ZygoteMode): string[] {
  const concurrency = mode === 'threads' ? [...collection, ...neverAgain].map((name) => `--no-${name}`) : ['--single-threaded']
  return [...concurrency, '--v8-pool-size=1', '--disable-sigusr1']
}

/** The first thing a zygote does. */
export function turnOffConcurrency(mode: ZygoteMode): void {
  if (mode === 'threads') for (const name of compilers) setFlagsFromString(`--no-${name}`)
}

/** In the child, once the worker threads are back. What the user turned off stays off. */
export function turnOnConcurrency(execArgv: readonly string[]): void {
  const wanted = [...compilers, ...collection].filter((name) => !execArgv.includes(`--no-${name}`))
  for (const name of wanted) setFlagsFromString(`--${name}`)
}

/** V8's own default since 11.7, which node followed with V8 13 (node 24). */
function hasMaglev(): boolean {
  return Number.parseInt(process.versions.v8, 10) >= 13
}
