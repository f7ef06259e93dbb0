// V8's concurrent work: off in a zygote, because fork(2) would leave it half done, on in its children.

import { setFlagsFromString } from 'node:v8'

/** How a zygote's V8 was started, and so what its children can be. */
export type ZygoteMode =
  /** Worker threads are off here and given back in the child. */
  | 'threads'
  /** V8 uses no worker threads, here or in the child. */
  | 'single-threaded'
  /** Its children only exec. */
  | 'cold'

const features = ['concurrent-marking', 'concurrent-sweeping', 'concurrent-array-buffer-sweeping', 'concurrent-minor-ms-marking']
/** Turned off from JavaScript: off at start, V8 would not make the queues that the child needs. */
const compilation = ['concurrent-recompilation', 'concurrent-osr']

/** node's flags for a zygote. One pool thread is the least there is: 0 means one per core. */
export function zygoteFlags(mode: ZygoteMode): string[] {
  const concurrency = mode === 'threads' ? features.map((name) => `--no-${name}`) : ['--single-threaded']
  return [...concurrency, '--v8-pool-size=1', '--disable-sigusr1']
}

/** The first thing a zygote does. */
export function turnOffConcurrency(mode: ZygoteMode): void {
  if (mode === 'threads') for (const name of compilation) setFlagsFromString(`--no-${name}`)
}

/** In the child, once the worker threads are back. */
export function turnOnConcurrency(): void {
  for (const name of [...compilation, ...features]) setFlagsFromString(`--${name}`)
}
