import { expect, test } from 'vitest'
import { networkKnobs } from '../../../src/stress/network-knobs.ts'

test('knobs of the network change what a sandbox is asked for', () => {
  expect(networkKnobs({ delay: 50, seed: 77 })).toEqual({ traffic: { delay: 50, loss: 0, seed: 77 } })
  expect(networkKnobs({ loss: 0.05 })).toEqual({ traffic: { delay: 0, loss: 0.05, seed: 0 } })
  expect(networkKnobs({ dns: 'none', delay: 5, loss: 0.1, seed: 1 })).toEqual({
    traffic: { delay: 5, loss: 0.1, seed: 1 },
    dns: 'none',
  })
})

test('others change nothing, so that what the project has stays', () => {
  expect(networkKnobs({})).toEqual({})
  expect(networkKnobs({ cpu: { share: 0.5, periodMs: 100 }, net: 'none', seed: 5 })).toEqual({})
})
