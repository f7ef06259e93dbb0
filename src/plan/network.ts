// The interfaces of a sandbox's own network.

import type { SealStep } from './plan.ts'
import type { Net } from './reach.ts'
import { step } from './step.ts'

/**
 * Addresses from ranges reserved for documentation (RFC 5737, RFC 3849; RFC 7042 for the hardware address). They avoid those that tests
 * often use as unreachable, such as 192.0.2.1.
 */
export const ownInterface = { name: 'eth0', mac: '00:00:5e:00:53:4d', addresses: ['198.51.100.77', '2001:db8:77::77'] } as const

export function networkSteps({ net }: { net: Net }): SealStep[] {
  return [
    step('a new network namespace has its loopback down', { do: 'loopback' }),
    ...(net === 'localhost'
      ? []
      : [
          {
            optional: true as const,
            ...step('an address besides localhost, so that servers can be tested on it; no packet leaves the sandbox', {
              do: 'interface',
              ...ownInterface,
            }),
          },
        ]),
  ]
}
