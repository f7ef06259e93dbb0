// Packets of localhost that arrive late, or never.

import { spokenOptions } from '../spoken-options.ts'
import type { SealStep } from './plan.ts'
import type { SandboxRequest } from './request.ts'
import { step } from './step.ts'

export interface Traffic {
  /** Of each packet, in milliseconds. */
  delay: number
  /** The fraction of packets that never arrive. */
  loss: number
  /** Of the chance by which they are lost. */
  seed: number
}

export function trafficSteps({ traffic }: Pick<SandboxRequest, 'traffic'>): SealStep[] {
  return traffic ? [step('asked for: a network is slower than memory, and loses packets', { do: 'traffic', ...traffic })] : []
}

/** Why these options do not go together, or undefined. */
export function wrongTraffic({ net, traffic }: Pick<SandboxRequest, 'net' | 'traffic'>): string | undefined {
  if (!traffic || net !== 'host') return undefined
  return `the delay and loss of packets are ${trafficWords(traffic)}: ${spokenOptions.hostTraffic}`
}

/** `50 ms and 5 %`. */
export function trafficWords({ delay, loss }: Pick<Traffic, 'delay' | 'loss'>): string {
  return `${delay} ms and ${Number((loss * 100).toPrecision(6))} %`
}
