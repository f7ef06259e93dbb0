// Knobs of the network, as a change of what a sandbox is asked for.

import type { Sandbox } from '../launch/sandbox.ts'
import type { SandboxRequest } from '../plan/request.ts'
import type { HeldKnobs } from './attempt.ts'
import type { Knobs } from './knobs.ts'

export function networkKnobs({ delay, loss, dns, seed = 0 }: Knobs): Partial<SandboxRequest> {
  const isTurned = delay !== undefined || loss !== undefined
  return {
    ...(isTurned && { traffic: { delay: delay ?? 0, loss: loss ?? 0, seed } }),
    ...(dns !== undefined && { dns }),
  }
}

/** What holds them, in words for a report. */
export function heldNetworkKnobs({ delay, loss }: Knobs, sandbox: Pick<Sandbox, 'traffic'> | undefined): HeldKnobs {
  const heldBy = sandbox?.traffic?.heldBy
  if (heldBy === undefined) return {}
  return { ...(delay !== undefined && { delay: heldBy }), ...(loss !== undefined && { loss: heldBy }) }
}
