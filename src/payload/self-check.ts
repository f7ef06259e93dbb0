// A throwaway payload that shows whether a forked node is whole.

import { spawnSync } from 'node:child_process'
import { readFile } from 'node:fs/promises'

/** Touches what a fork could have broken: the heap, its collection, the event loop, libuv's pool, spawning. */
export async function selfCheck(): Promise<never> {
  let kept: object[] = []
  for (let round = 0; round < 10; round++) kept = Array.from({ length: 5000 }, (_, index) => ({ round, text: `${index}` }))
  await readFile('/proc/self/stat')
  await new Promise((resolve) => setTimeout(resolve, 1))
  const spawned = spawnSync('/bin/true').status === 0
  return process.exit(kept.length === 5000 && spawned ? 0 : 1)
}
