import { expect, test } from 'vitest'
import { addressBytes } from '../../../src/sys/address-bytes.ts'

test.each([
  ['::', '0'.repeat(32)],
  ['fd00::1:2', `fd00${'0'.repeat(20)}00010002`],
  ['::ffff:1.2.3.4', `${'0'.repeat(20)}ffff01020304`],
  ['1:2:3:4:5:6:7:8', '00010002000300040005000600070008'],
  ['fe80::1%eth0', `fe80${'0'.repeat(27)}1`],
])('%s', (address, hex) => {
  expect(addressBytes(address).toString('hex')).toBe(hex)
})
