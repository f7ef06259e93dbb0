// Knobs of the network, as a change of what a sandbox is asked for.

import type { SandboxRequest } from '../plan/request.ts'
import type { Knobs } from './knobs.ts'

export function networkKnobs({ delay, loss, dns, seed = 0 }: Knobs): Partial<SandboxRequest> {
  const isTurned = delay !== undefined || loss !== undefined
  return {
    ...(isTurned && { traffic: { delay: delay ?? 0, loss: loss ?? 0, seed } }),
    ...(dns !== undefined && { dns }),
  }
}
