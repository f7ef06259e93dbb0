// class: network
// mechanism: a real name is looked up by the way, which needs a name server
// knob: dns, net

// @nsbox net=host
import { expect, test } from 'vitest'
import { sourceOfPackages } from './src/packages.ts'

test('packages come from the registry', async () => {
  expect(await sourceOfPackages()).toBe('registry')
})
