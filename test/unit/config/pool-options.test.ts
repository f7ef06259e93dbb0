import { expect, test } from 'vitest'
import { poolOptions } from '../../../src/config/pool-options.ts'

test('the defaults seal everything', () => {
  expect(poolOptions(undefined)).toEqual({
    seal: 'require',
    launch: 'auto',
    uid: 'root',
    net: 'none',
    hostname: 'nsbox',
    upper: 'auto',
    hangTimeout: 120_000,
  })
})

test.each([
  [
    { nett: 'host' },
    'nsbox(): unknown option "nett" (did you mean "net"?); known options are seal, launch, uid, net, hostname, workspace, upper, hangTimeout',
  ],
  [{ net: 'hots' }, 'nsbox(): net is "hots" (did you mean "host"?); it must be one of "none", "host"'],
  [{ launch: 1 }, 'nsbox(): launch is 1; it must be one of "auto", "warm", "cold"'],
  [{ hostname: 'a_b' }, 'nsbox(): hostname is "a_b": a host name has letters, digits and hyphens, 63 at most, and no hyphen at its ends'],
  [{ workspace: 'src' }, 'nsbox(): workspace is "src": a workspace is an absolute path'],
  [{ hangTimeout: -1 }, 'nsbox(): hangTimeout is -1: milliseconds cannot be negative'],
  [{ hangTimeout: 1.5 }, 'nsbox(): hangTimeout is 1.5; it must be a whole number'],
  [{ hangTimeout: '2s' }, 'nsbox(): hangTimeout is "2s"; it must be a number'],
  ['host', 'nsbox(): options are "host"; they must be an object'],
  [[], 'nsbox(): options are []; they must be an object'],
])('%j is refused with the field, the value and what is allowed', (input, message) => {
  expect(() => poolOptions(input)).toThrow(expect.objectContaining({ message, code: 'ERR_NSBOX_CONFIG', stage: 'config' }))
})

test('all mistakes are named at once', () => {
  expect(() => poolOptions({ net: 'x', uid: 'y' })).toThrow(/uid is "y".*; net is "x"/)
})
