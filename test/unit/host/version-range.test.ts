import { expect, test } from 'vitest'
import { isBefore, satisfies } from '../../../src/host/version-range.ts'

const node = '^22.18 || ^24.11 || >=26'

test.each([
  ['v22.18.0', true, false],
  ['v22.17.1', false, true],
  ['v20.20.0', false, true],
  ['v23.9.0', false, false],
  ['v24.10.0', false, false],
  ['v24.11.0', true, false],
  ['v25.0.0', false, false],
  ['v26.0.0-rc.1', false, false],
  ['v26.1.0-nightly20260501', true, false],
  ['v22.18.0-rc.1', false, true],
  ['v31.2.3', true, false],
])('Node %s', (version, inside, before) => {
  expect([satisfies(version, node), isBefore(version, node)]).toEqual([inside, before])
})

test.each([
  ['4.0.18', false],
  ['4.1.0', true],
  ['4.1.0-beta.3', false],
  ['5.0.0-beta.2', false],
  ['5.2.0-beta.1', true],
  ['6.0.0-beta.1', false],
  ['6.0.0', false],
])('vitest %s', (version, inside) => {
  expect(satisfies(version, '^4.1 || ^5')).toBe(inside)
})
