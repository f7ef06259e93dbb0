// Ports of localhost that lead out of a sandbox's network, or into it.

import { spokenOptions } from '../spoken-options.ts'
import type { SandboxPlan, SealStep } from './plan.ts'
import type { PortPair, Reach } from './reach.ts'
import { step } from './step.ts'

export function portSteps({ forward = [], expose = [] }: Partial<Reach>): SealStep[] {
  return [
    ...(forward.length > 0 ? [step('asked for: what listens there is reached, and nothing else', { do: 'forward', ports: forward })] : []),
    ...(expose.length > 0 ? [step('asked for: what listens inside is reached from there', { do: 'expose', ports: expose })] : []),
  ]
}

export function portsOf(plan: SandboxPlan): Pick<Reach, 'forward' | 'expose'> {
  const ports = (name: 'forward' | 'expose') => plan.steps.flatMap((step) => (step.do === name ? step.ports : []))
  return { forward: ports('forward'), expose: ports('expose') }
}

export function hasPorts(plan: SandboxPlan): boolean {
  return plan.steps.some((step) => step.do === 'forward' || step.do === 'expose')
}

/** Why these options do not go together. */
export function wrongPorts({ net, ...reach }: Partial<Reach>): { option: 'forward' | 'expose'; value: PortPair; why: string } | undefined {
  for (const option of ['forward', 'expose'] as const) {
    const ports = reach[option] ?? []
    const [first] = ports
    if (first && net === 'host') return { option, value: first, why: spokenOptions.hostPorts }
    const twice = ports.find(({ listen }, index) => listen !== 0 && ports.findIndex((other) => other.listen === listen) < index)
    if (twice) return { option, value: twice, why: `port ${twice.listen} can lead to one port only, and is there twice` }
  }
  return undefined
}

/** As options have it: `5432`, `8080:3000`. */
export function portWords({ listen, to }: PortPair): string {
  return listen === to ? String(listen) : `${listen}:${to}`
}
