import { expect, test } from 'vitest'
import { hasFatalSignal, parseSockets, parseStat, parseUsedTables } from '../../../plugin/procfs.ts'

test('a program may have spaces and brackets in its name', () => {
  const rest = 'S 4 7 7 0 -1 4194560 100 0 0 0 1 2 0 0 20 0 1 0 123456 5000 200'
  expect(parseStat(`12 (a) b) ${rest}`)).toEqual({ pid: 12, state: 'S', ppid: 4, startedMs: 1_234_560 })
})

/** Of a process that has been sent a signal and not taken it: 9 is KILL, 15 TERM, 17 CHLD. */
function status(signal: number, { state = 'R (running)', mask = '' } = {}): string {
  const sent = (1n << BigInt(signal - 1)).toString(16).padStart(16, '0')
  const masks = ['SigPnd', 'ShdPnd', 'SigBlk', 'SigIgn', 'SigCgt']
  return [`State:\t${state}`, ...masks.map((name) => `${name}:\t${['ShdPnd', mask].includes(name) ? sent : '0'.repeat(16)}`)].join('\n')
}

test.each([
  ['one that ends it', status(15), true],
  ['one that it blocks', status(15, { mask: 'SigBlk' }), false],
  ['one that it ignores', status(15, { mask: 'SigIgn' }), false],
  ['one that it handles', status(15, { mask: 'SigCgt' }), false],
  ['one that ends nobody', status(17), false],
  ['one that is taken when it goes on', status(15, { state: 'T (stopped)' }), false],
  ['SIGKILL, though it is stopped', status(9, { state: 'T (stopped)' }), true],
  ['nothing of a process that is gone', '', false],
])('a signal that has only to be taken: %s', (_, text, ends) => {
  expect(hasFatalSignal(text)).toBe(ends)
})

const line = (slot: number, local: string, state: string, inode: number) =>
  `   ${slot}: ${local} 00000000:0000 ${state} 00000000:00000000 00:00000000 00000000     0        0 ${inode} 1 0000000000000000 100 0 0 10 0`
const head = '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode'

test.each([
  ['tcp', [{ protocol: 'tcp', port: 8080, inode: '11' }]],
  ['udp', [{ protocol: 'udp', port: 53, inode: '13' }]],
] as const)('of %s those that wait for others', (protocol, open) => {
  const text = [head, line(0, '0100007F:1F90', '0A', 11), line(1, '0100007F:1F90', '01', 12), line(2, '00000000:0035', '07', 13), ''].join(
    '\n',
  )
  expect(parseSockets(text, protocol)).toEqual(open)
})

test('versions of IP have tables of their own', () => {
  const line = '00000000000000000000000001000000:0FA0 00000000000000000000000000000000:0000 0A 0:0 00:0 0 0 0 21'
  expect(parseSockets(`${head}\n   0: ${line}\n`, 'tcp')).toEqual([{ protocol: 'tcp', port: 4000, inode: '21' }])
})

test('tables without anything in them are known by their counts', () => {
  const text = `sockets: used 3
TCP: inuse 1 orphan 0 tw 0 alloc 1 mem 0
UDP: inuse 0 mem 0
UDPLITE: inuse 4
RAW: inuse 0
FRAG: inuse 0 memory 0
TCP6: inuse 0
UDP6: inuse 12
`
  expect(parseUsedTables(text)).toEqual(['tcp', 'udp6'])
})
