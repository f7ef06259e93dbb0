// What sandboxes have in common that are to meet: a network and a directory, in namespaces around them. No seal: each has its own.

import type { HostFacts } from './host-facts.ts'
import { idMaps } from './id-maps.ts'
import { networkSteps } from './network.ts'
import type { SandboxPlan } from './plan.ts'
import { portSteps } from './port-steps.ts'
import type { Reach } from './reach.ts'
import { plainRun } from './request.ts'
import { step } from './step.ts'
import { type Traffic, trafficSteps } from './traffic.ts'

export interface CommonRequest {
  reach: Reach
  /** How packets arrive at the localhost that they have in common, where that is not the host's. */
  traffic?: Traffic | undefined
  /** Of the host, empty. Real path. */
  directory: string
  /** Most bytes of files in it, and most files and directories. */
  disk?: number | undefined
  inodes?: number | undefined
  cwd: string
}

/** The payload may make sandboxes as the caller may: it has his ids, sees his files, and no system call is denied. */
export function commonGround(
  { reach, traffic, directory, disk, inodes, cwd }: CommonRequest,
  host: Pick<HostFacts, 'uid' | 'gid' | 'mappable' | 'subordinate'>,
): SandboxPlan {
  const ownNetwork = reach.net !== 'host'
  return {
    // No pid namespace: its /proc, with parts covered, would keep those in it from having one (mount_namespaces(7)).
    namespaces: ['user', 'mount', ...(ownNetwork ? (['net'] as const) : [])],
    steps: [
      step('the caller stays who he is', { do: 'map-ids', ...idMaps({ uid: 'caller' }, plainRun, host) }),
      step('mounts made here must not appear on the host', { do: 'private-mounts' }),
      step('the directory where they meet is empty, and vanishes with them', {
        do: 'tmpfs',
        target: directory,
        mode: 0o1777,
        ...(disk !== undefined && { size: disk }),
        ...(inodes !== undefined && { inodes }),
      }),
      ...(ownNetwork ? [...networkSteps(reach), ...trafficSteps({ traffic }), ...portSteps(reach)] : []),
      step('the old working directory is still the one below the mounts', { do: 'chdir', path: cwd }),
    ],
    lastSteps: [],
    seal: 'require',
  }
}
