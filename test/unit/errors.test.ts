import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { describeError, errorFromData, errorToData, NsboxError } from '../../src/errors.ts'
import { Flags, SysError } from '../../src/sys/sys-error.ts'

test('a failed system call reads as strace writes it', () => {
  const flags = new Flags({ MS_BIND: 0x1000, MS_REC: 0x4000 }, ['MS_BIND', 'MS_REC'])
  const error = new SysError('mount', ['/a "b"', '/c', null, flags, undefined], 1)
  expect(error.message).toBe('mount("/a \\"b\\"", "/c", NULL, MS_BIND|MS_REC, NULL) failed: EPERM')
  expect(error).toMatchObject({ errno: 'EPERM', syscall: 'mount', code: 'ERR_NSBOX_SYSCALL' })
  expect(flags.value).toBe(0x5000)
})

test('an error keeps its parts across a process boundary', () => {
  const error = new NsboxError('it broke', { code: 'ERR_X', stage: 'seal', errno: 'EPERM', syscall: 'clone', hint: 'mend it' })
  const copy = errorFromData(structuredClone(errorToData(error)))
  expect(NsboxError.is(copy)).toBe(true)
  expect(errorToData(copy)).toEqual(errorToData(error))
  expect(describeError(copy)).toBe('it broke\n  hint: mend it')
})

test('any other error keeps its stack in the message', () => {
  expect(errorToData(new TypeError('odd')).message).toMatch(/TypeError: odd\n {4}at /)
})

test('the README has every code, and no other', () => {
  const repository = join(import.meta.dirname, '../..')
  const codesIn = (path: string) => readFileSync(join(repository, path), 'utf8').match(/ERR_NSBOX_\w+/g) ?? []
  const sources = ['src', 'plugin'].flatMap((folder) =>
    readdirSync(join(repository, folder), { recursive: true, encoding: 'utf8' }).map((name) => `${folder}/${name}`),
  )
  const thrown = sources.filter((name) => name.endsWith('.ts')).flatMap(codesIn)
  expect([...new Set(codesIn('README.md'))].sort()).toEqual([...new Set(thrown)].sort())
})
