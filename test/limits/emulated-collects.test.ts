// Promise: the init that sees to limits collects its garbage, for as long as its sandbox lives.

import { expect, test } from 'vitest'
import { startControlled } from '../support/limited.ts'
import { Bench, modes } from '../support/sandbox.ts'

test.each(modes)('collections of the whole heap do not end a %s one', async (mode) => {
  // Each collection is of the whole heap.
  const bench = new Bench({ mode, execArgv: ['--gc-global', '--max-semi-space-size=1'] })
  await bench.zygote.prepared
  const sandbox = startControlled(bench, ['/bin/sleep', '1000'])
  await sandbox.forked
  for (let orders = 0; orders < 200; orders++) await sandbox.control.usage()
  sandbox.kill()
  expect(await sandbox.ended).toMatchObject({ signal: 'SIGKILL' })
  await bench.close()
})
