// Promise: bytes whose address was taken for a call stay until the call is made, though nothing else leads to them.

import { setTimeout as sleep } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { addressOf } from '../../../src/sys/libc.ts'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

function taken(make: () => Buffer): WeakRef<Buffer> {
  const buffer = make()
  addressOf(buffer)
  return new WeakRef(buffer)
}

/** A WeakRef keeps its target until the job that made it, or looked at it, is over. */
async function isThere(ref: WeakRef<Buffer>): Promise<boolean> {
  await sleep(0)
  collect()
  return ref.deref() !== undefined
}

test('an array stays while the addresses of others are taken for the same call, and no longer than needed', async () => {
  const ref = taken(() => Buffer.alloc(32))
  for (let index = 0; index < 8; index++) addressOf(Buffer.alloc(32))
  expect(await isThere(ref)).toBe(true)
  for (let index = 0; index < 32; index++) addressOf(Buffer.alloc(32))
  expect(await isThere(ref)).toBe(false)
})
