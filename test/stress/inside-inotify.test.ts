// The knob inotify: most watches of a sandbox's users, by the kernel's own count.
// @module-tag root

import { afterAll, beforeAll, expect, test } from 'vitest'
import { Bench } from '../support/sandbox.ts'

const watchesTen = `
  import { mkdirSync, readFileSync, watch } from 'node:fs'
  console.log(readFileSync('/proc/sys/user/max_inotify_watches', 'utf8').trim())
  for (let index = 0; index < 10; index++) {
    mkdirSync('watched-' + index)
    watch('watched-' + index).unref()
  }
  console.log('all')`

let bench: Bench
beforeAll(async () => {
  bench = new Bench()
  await bench.zygote.prepared
})
afterAll(() => bench.close())

test('one more watch than there may be fails as on a machine that has no more', async () => {
  const few = await bench.node(watchesTen, { change: { inotify: 5 } })
  expect(few.stdout).toBe('5\n')
  expect(few.stderr).toContain('ENOSPC')
  expect(await bench.node(watchesTen, { change: { inotify: 10 } })).toMatchObject({ stdout: '10\nall\n', exitCode: 0 })
})

test('what is asked for is not what is around it, and a program cannot raise it', async () => {
  const raised = await bench.sh('echo 100 > /proc/sys/user/max_inotify_watches; cat /proc/sys/user/max_inotify_watches', {
    change: { inotify: 5 },
  })
  expect(raised.stdout).toBe('5\n')
  expect((await bench.sh('cat /proc/sys/user/max_inotify_watches')).stdout).not.toBe('5\n')
})
