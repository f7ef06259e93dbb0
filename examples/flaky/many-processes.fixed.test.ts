// class: resources
// mechanism: one process at a time, and few jobs
// knob: pids

import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

test('every job is done', { timeout: 60_000 }, async () => {
  const done: number[] = []
  for (const number of [0, 1, 2, 3]) {
    const { stdout } = await promisify(execFile)('sh', ['-c', `echo ${number}`])
    done.push(Number(stdout))
  }
  expect(done).toEqual([0, 1, 2, 3])
})
