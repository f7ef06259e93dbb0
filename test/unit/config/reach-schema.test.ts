import { expect, test } from 'vitest'
import { runOptions } from '../../../src/config/library-options.ts'
import { poolOptions } from '../../../src/config/pool-options.ts'

const noName = 'is no host name, which has letters, digits, hyphens and dots, and 63 characters at most between two dots'
const noAddress = 'it must be an IP address such as 127.0.0.1 or ::1'

test.each([
  [{ 'db example': '::1' }, `hosts.db example: "db example" ${noName}`],
  [{ '': '::1' }, `hosts.: "" ${noName}`],
  [{ 'a..b': '::1' }, `hosts.a..b: "a..b" ${noName}`],
  [{ '-a': '::1' }, `hosts.-a: "-a" ${noName}`],
  [{ ['a'.repeat(64)]: '::1' }, `hosts.${'a'.repeat(64)}: "${'a'.repeat(64)}" ${noName}`],
  [{ db: '127.0.0.256' }, `hosts.db is "127.0.0.256": ${noAddress}`],
  [{ db: 'localhost' }, `hosts.db is "localhost": ${noAddress}`],
  [{ db: 1 }, `hosts.db is 1: ${noAddress}`],
  ['db', 'hosts is "db"; it must be an object'],
  [['db'], 'hosts is ["db"]; it must be an object'],
])('hosts: %j is refused', (hosts, message) => {
  const wrong = (where: string) => expect.objectContaining({ message: `${where}: ${message}`, code: 'ERR_NSBOX_CONFIG' })
  expect(() => poolOptions({ hosts })).toThrow(wrong('nsbox()'))
  expect(() => runOptions({ hosts })).toThrow(wrong('run()'))
})

test('names and addresses of both kinds', () => {
  const hosts = { 'db.example': '127.0.0.1', DB_2: '::1', 'xn--bcher-kva.example': 'fd00::1' }
  expect(poolOptions({ hosts }).reach.hosts).toEqual(hosts)
  expect(runOptions({ hosts }).hosts).toEqual(hosts)
  expect(runOptions({}).hosts).toEqual({})
})

test('a rule may have names of its own', () => {
  const { rules } = poolOptions({ rules: [{ files: '**', hosts: { db: '::1' } }] })
  expect(rules.map(({ reach }) => reach)).toEqual([{ hosts: { db: '::1' } }])
})
