import { expect, test } from 'vitest'
import { encodeFrame, FrameReader } from '../../../src/wire/frame.ts'

const messages = [{ a: 1 }, new Map([['k', new Date(0)]]), 'x'.repeat(70_000), new Uint8Array([1, 2, 3]), null, new Error('kept')]

test.each([1, 3, 4, 5, 1000, 1 << 20])('messages come whole, in order, from pieces of %i bytes', (size) => {
  const bytes = Buffer.concat(messages.map(encodeFrame))
  const reader = new FrameReader()
  const received: unknown[] = []
  for (let at = 0; at < bytes.length; at += size) {
    reader.push(bytes.subarray(at, at + size))
    for (let frame = reader.next(); frame; frame = reader.next()) received.push(frame.message)
  }
  expect(received).toEqual(messages)
})

test('what cannot be cloned is refused', () => {
  expect(() => encodeFrame({ call() {} })).toThrow(/could not be cloned/)
})

test('the head of a message that is too long is refused at once', () => {
  const reader = new FrameReader()
  reader.push(Buffer.from([255, 255, 255, 255]))
  expect(() => reader.next()).toThrow('a message of 4294967295 bytes, where 536870912 are the limit')
})
