import { expect, test } from 'vitest'
import { answerTo, namesOf } from '../../../src/launch/dns-message.ts'

const names = namesOf({ 'db.example': '127.0.0.1', six: '::1', api: '10.1.2.3' })
const types = { A: 1, PTR: 12, TXT: 16, AAAA: 28, ANY: 255 }

function question(name: string, type: keyof typeof types, flags = 0x0100): Buffer {
  const labels = name.split('.').map((label) => Buffer.concat([Buffer.of(label.length), Buffer.from(label)]))
  const header = Buffer.from([0xab, 0xcd, flags >> 8, flags & 0xff, 0, 1, 0, 0, 0, 0, 0, 0])
  return Buffer.concat([header, ...labels, Buffer.of(0, 0, types[type], 0, 1)])
}

function asked(message: Buffer): { code: number; answers: number; data: string; unknown: string[] } | undefined {
  const unknown: string[] = []
  const answer = answerTo(message, names, (name) => unknown.push(name))
  if (!answer) return undefined
  expect(answer.subarray(0, 2)).toEqual(message.subarray(0, 2))
  const answers = answer.readUInt16BE(6)
  const data = answers === 0 ? Buffer.alloc(0) : answer.subarray(message.length + 12)
  return { code: answer.readUInt16BE(2) & 0xf, answers, data: data.toString('hex'), unknown }
}

test('addresses of names, in whatever letters', () => {
  expect(asked(question('db.example', 'A'))).toEqual({ code: 0, answers: 1, data: '7f000001', unknown: [] })
  expect(asked(question('DB.Example', 'A'))).toMatchObject({ answers: 1, data: '7f000001' })
  expect(asked(question('six', 'AAAA'))).toMatchObject({ answers: 1, data: `${'0'.repeat(31)}1` })
  expect(asked(question('localhost', 'ANY'))).toMatchObject({ code: 0, answers: 2 })
})

test('a name without what is asked for is there all the same', () => {
  expect(asked(question('db.example', 'AAAA'))).toEqual({ code: 0, answers: 0, data: '', unknown: [] })
  expect(asked(question('db.example', 'TXT'))).toMatchObject({ code: 0, answers: 0 })
})

test('names of addresses', () => {
  expect(asked(question('3.2.1.10.in-addr.arpa', 'PTR'))).toMatchObject({ code: 0, answers: 1, data: '0361706900' })
  expect(asked(question(`1.${'0.'.repeat(31)}ip6.arpa`, 'PTR'))).toMatchObject({ answers: 1, data: '0373697800' })
})

test('all else is not there, and told', () => {
  expect(asked(question('api.example.com', 'A'))).toEqual({ code: 3, answers: 0, data: '', unknown: ['api.example.com'] })
})

test('what is no question has no answer, and what is none that is known is refused', () => {
  expect(asked(Buffer.from('short'))).toBeUndefined()
  expect(asked(question('db.example', 'A', 0x8000))).toBeUndefined()
  expect(asked(question('db.example', 'A', 0x2000))?.code).toBe(4)
  expect(asked(question('db.example', 'A').subarray(0, 20))?.code).toBe(1)
  const pointer = Buffer.concat([question('', 'A').subarray(0, 12), Buffer.of(0xc0, 12, 0, 1, 0, 1)])
  expect(asked(pointer)?.code).toBe(1)
})
