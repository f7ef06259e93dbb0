// What kind of machine this is, as far as advice differs. Reads; changes nothing.

import { existsSync, readFileSync } from 'node:fs'

/** `container` is one of an engine that leaves no mark of its own. */
export type Place = 'github-hosted' | 'docker' | 'podman' | 'kubernetes' | 'container' | 'wsl1' | 'wsl2' | 'host'

/** What {@link placeFrom} decides by. */
export interface Traces {
  env: NodeJS.ProcessEnv
  /** /proc/sys/kernel/osrelease. */
  osrelease: string
  exists(path: string): boolean
}

export function findPlace(env: NodeJS.ProcessEnv = process.env): Place {
  return placeFrom({ env, osrelease: readFileSync('/proc/sys/kernel/osrelease', 'utf8').trim(), exists: existsSync })
}

/** A container comes before the machine that runs it: its limits are met first. */
export function placeFrom({ env, osrelease, exists }: Traces): Place {
  if (env['KUBERNETES_SERVICE_HOST'] || exists('/var/run/secrets/kubernetes.io')) return 'kubernetes'
  if (exists('/run/.containerenv')) return 'podman'
  if (exists('/.dockerenv')) return 'docker'
  // systemd writes it in every container that it is told of (os-release(5), container interface).
  if (exists('/run/systemd/container')) return 'container'
  // WSL 1 is no Linux kernel: 4.4.0-19041-Microsoft; WSL 2 is: 6.6.87.2-microsoft-standard-WSL2.
  if (/microsoft/i.test(osrelease)) return /-Microsoft$/.test(osrelease) ? 'wsl1' : 'wsl2'
  return env['GITHUB_ACTIONS'] === 'true' && env['RUNNER_ENVIRONMENT'] === 'github-hosted' ? 'github-hosted' : 'host'
}

const containers: readonly Place[] = ['docker', 'podman', 'kubernetes', 'container']

export function isContainer(place: Place): boolean {
  return containers.includes(place)
}
