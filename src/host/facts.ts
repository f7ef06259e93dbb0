// What this machine and this caller are, for the plan. Reads; changes nothing.

import { existsSync, realpathSync, statSync } from 'node:fs'
import { NsboxError } from '../errors.ts'
import type { HostFacts } from '../plan/sandbox-plan.ts'
import { isSupportedArch } from '../sys/syscall-numbers.ts'

/** Places where processes of one machine meet, by convention (file-hierarchy(7)). */
const sharedByConvention = ['/tmp', '/var/tmp', '/run']
const sharedByVariable = ['TMPDIR', 'TMP', 'TEMP', 'XDG_RUNTIME_DIR']

export function hostFacts(env: NodeJS.ProcessEnv, upper: HostFacts['upper']): HostFacts {
  if (process.platform !== 'linux' || !isSupportedArch(process.arch)) {
    throw new NsboxError(`nsbox runs on Linux on x64 and arm64, not on ${process.platform} on ${process.arch}`, {
      code: 'ERR_NSBOX_PLATFORM',
      stage: 'host',
    })
  }
  return {
    arch: process.arch,
    uid: process.getuid?.() as number,
    gid: process.getgid?.() as number,
    home: realDirectory(env['HOME']),
    sharedDirectories: sharedDirectories(env),
    upper,
    keepVisible: [realpathSync(process.execPath), resolverConfiguration()].filter((path) => path !== null),
  }
}

function sharedDirectories(env: NodeJS.ProcessEnv): string[] {
  const named = sharedByVariable.map((name) => env[name])
  return [...sharedByConvention, ...named].map(realDirectory).filter((path) => path !== null)
}

/** The directory behind a path, or null when there is none, or it is the root, which cannot be one of many. */
export function realDirectory(path: string | undefined): string | null {
  if (!path?.startsWith('/') || !existsSync(path) || !statSync(path).isDirectory()) return null
  const real = realpathSync(path)
  return real === '/' ? null : real
}

/** Often a link below /run (resolv.conf(5)); with the host's network it has to stay readable. */
function resolverConfiguration(): string | null {
  return existsSync('/etc/resolv.conf') ? realpathSync('/etc/resolv.conf') : null
}
