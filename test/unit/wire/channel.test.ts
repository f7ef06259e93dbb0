// Promise: the last words of a process that dies are heard, whatever was being said to it.

import { writeSync } from 'node:fs'
import { expect, test } from 'vitest'
import { close } from '../../../src/sys/descriptor.ts'
import { socketpair } from '../../../src/sys/socket.ts'
import { Channel } from '../../../src/wire/channel.ts'
import { encodeFrame } from '../../../src/wire/frame.ts'

test('what was sent before the end is read, though an answer finds nobody', async () => {
  const [ours, theirs] = socketpair()
  const channel = new Channel(ours, 'queued')
  const heard: unknown[] = []
  channel.on((message) => heard.push(message))
  writeSync(theirs, encodeFrame('collected'))
  writeSync(theirs, encodeFrame('last words'))
  close(theirs)
  channel.post('an answer')
  await channel.closed
  expect(heard).toEqual(['collected', 'last words'])
  channel.post('nobody is there')
})

test('each hears the other, and the end', async () => {
  const [ours, theirs] = socketpair()
  const [host, worker] = [new Channel(ours, 'queued'), new Channel(theirs, 'blocking')]
  const answered = new Promise((resolve) => host.on(resolve))
  worker.on((message) => worker.post({ echo: message }))
  host.post('hello')
  expect(await answered).toEqual({ echo: 'hello' })
  host.close()
  await Promise.all([host.closed, worker.closed])
  worker.post('nobody is there')
})

test('bytes that are no message are told, and end it', async () => {
  const [ours, theirs] = socketpair()
  const channel = new Channel(ours, 'queued')
  const heard: unknown[] = []
  channel.on((message) => heard.push(message))
  channel.onBroken = (error) => heard.push(error.name)
  writeSync(theirs, encodeFrame('a message'))
  writeSync(theirs, Buffer.from([4, 0, 0, 0, 9, 9, 9, 9]))
  writeSync(theirs, encodeFrame('behind it'))
  await channel.closed
  expect(heard).toEqual(['a message', 'Error'])
  close(theirs)
})
