// What is in a network of the sandbox's own.

import type { SealStep } from './plan.ts'
import type { Net } from './reach.ts'
import { step } from './step.ts'

/**
 * Of ranges that are nobody's: RFC 5737 and RFC 3849 keep them for documentation, RFC 7042 the hardware address. They are none of those
 * that tests usually take to be out of reach, such as 192.0.2.1.
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
