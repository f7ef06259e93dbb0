// What kind of machine this is, as far as advice differs. Reads; changes nothing.

import { existsSync, readlinkSync } from 'node:fs'
import { release } from 'node:os'
import { mountPoints } from '../sys/mount-points.ts'

/** `sandbox` is one of nsbox's own, `container` one of an engine that leaves no mark of its own. */
export type Place = 'sandbox' | 'github-hosted' | 'docker' | 'podman' | 'kubernetes' | 'container' | 'wsl1' | 'wsl2' | 'host'

/** What {@link placeFrom} decides by. */
export interface Traces {
  env: NodeJS.ProcessEnv
  /** As uname(2) has it. */
  osrelease: string
  exists(path: string): boolean
  /** True in the pid and IPC namespaces that the kernel started with: no container. */
  initialNamespaces: boolean
  /** True with the /dev that a sandbox of nsbox has. */
  ownDev: boolean
}

export function findPlace(env: NodeJS.ProcessEnv = process.env): Place {
  return placeFrom({
    env,
    osrelease: release(),
    exists: existsSync,
    ownDev: mountPoints().some(({ path, source }) => path === '/dev' && source === 'nsbox'),
    initialNamespaces: initial.every(([name, link]) => isLink(name, link)),
  })
}

/** Their numbers are the same on every machine: PROC_PID_INIT_INO and PROC_IPC_INIT_INO of linux/proc_ns.h. */
const initial = [
  ['pid', 'pid:[4026531836]'],
  ['ipc', 'ipc:[4026531839]'],
] as const

function isLink(name: string, target: string): boolean {
  try {
    return readlinkSync(`/proc/self/ns/${name}`) === target
  } catch {
    return false
  }
}

/** A container comes before the machine that runs it: its limits are met first. */
export function placeFrom({ env, osrelease, exists, initialNamespaces, ownDev }: Traces): Place {
  if (ownDev) return 'sandbox'
  // A virtual machine made from an image keeps the image's marks.
  const container = initialNamespaces ? undefined : containerOf(env, exists)
  if (container) return container
  // WSL 1 is no Linux kernel: 4.4.0-19041-Microsoft; WSL 2 is: 6.6.87.2-microsoft-standard-WSL2.
  if (/microsoft/i.test(osrelease)) return /-Microsoft$/.test(osrelease) ? 'wsl1' : 'wsl2'
  return env['GITHUB_ACTIONS'] === 'true' && env['RUNNER_ENVIRONMENT'] === 'github-hosted' ? 'github-hosted' : 'host'
}

function containerOf(env: NodeJS.ProcessEnv, exists: (path: string) => boolean): Place | undefined {
  if (env['KUBERNETES_SERVICE_HOST'] || exists('/var/run/secrets/kubernetes.io')) return 'kubernetes'
  if (exists('/run/.containerenv')) return 'podman'
  if (exists('/.dockerenv')) return 'docker'
  // systemd writes it in every container whose engine tells of itself (systemd.io/CONTAINER_INTERFACE).
  return exists('/run/systemd/container') ? 'container' : undefined
}

const containers: readonly Place[] = ['sandbox', 'docker', 'podman', 'kubernetes', 'container']

export function isContainer(place: Place): boolean {
  return containers.includes(place)
}
