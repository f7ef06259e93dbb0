// class: resources
// mechanism: a process for each job, all at once: EAGAIN where few may be
// knob: pids

import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

test('every job is done', async () => {
  const jobs = Array.from({ length: 80 }, (_, number) => promisify(execFile)('sh', ['-c', `sleep 0.2; echo ${number}`]))
  const done = await Promise.all(jobs)
  expect(done.map(({ stdout }) => Number(stdout))).toEqual(Array.from({ length: 80 }, (_, number) => number))
})
