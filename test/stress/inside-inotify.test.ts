// The knob inotify: most watches of a sandbox's users, by the kernel's own count.

import { expect, test } from 'vitest'
import { Bench } from '../support/sandbox.ts'

const watchesTen = `
  import { mkdirSync, readFileSync, watch } from 'node:fs'
  console.log(readFileSync('/proc/sys/user/max_inotify_watches', 'utf8').trim())
  for (let index = 0; index < 10; index++) {
    mkdirSync('watched-' + index)
    watch('watched-' + index).unref()
  }
  console.log('all')`

async function bench(): Promise<Bench & AsyncDisposable> {
  const made = new Bench()
  await made.zygote.prepared
  return Object.assign(made, { [Symbol.asyncDispose]: () => made.close() })
}

test('one more watch than there may be fails as on a machine that has no more', async () => {
  await using sandboxes = await bench()
  const few = await sandboxes.node(watchesTen, { change: { inotify: 5 } })
  expect(few.stdout).toBe('5\n')
  expect(few.stderr).toContain('ENOSPC')
  expect(await sandboxes.node(watchesTen, { change: { inotify: 10 } })).toMatchObject({ stdout: '10\nall\n', exitCode: 0 })
})

test('what is asked for is not what is around it, and a program cannot raise it', async () => {
  await using sandboxes = await bench()
  const raised = await sandboxes.sh('echo 100 > /proc/sys/user/max_inotify_watches; cat /proc/sys/user/max_inotify_watches', {
    change: { inotify: 5 },
  })
  expect(raised.stdout).toBe('5\n')
  expect((await sandboxes.sh('cat /proc/sys/user/max_inotify_watches')).stdout).not.toBe('5\n')
})
