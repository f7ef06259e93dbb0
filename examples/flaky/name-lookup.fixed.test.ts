// class: network
// mechanism: the lookup is handed in
// knob: dns, net

// @nsbox net=host
import { expect, test } from 'vitest'
import { sourceOfPackages } from './src/packages.ts'

test('packages come from the registry', async () => {
  expect(await sourceOfPackages(() => Promise.resolve({ address: '192.0.2.1' }))).toBe('registry')
  expect(await sourceOfPackages(() => Promise.reject(new Error('ENOTFOUND')))).toBe('cache')
})
