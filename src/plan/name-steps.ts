// Names that resolve inside: the sandbox's host name, and those of the option hosts.

import type { HostFacts } from './host-facts.ts'
import { isWithin } from './paths.ts'
import type { Namespace, SealStep } from './plan.ts'
import type { SandboxRequest } from './request.ts'
import { step } from './step.ts'

/** The address of the host name. With 127.0.0.1 it would become the name of that address, because the first line counts (hosts(5)). */
const ownAddress = '127.0.1.1'

type Names = Pick<SandboxRequest, 'hosts' | 'dns' | 'hostname' | 'net' | 'overlays' | 'run'>
type Host = Pick<HostFacts, 'hostName' | 'allowed'>

/** For programs that look names up in files, and where to ask for those that do not. */
export function nameSteps(request: Names, own: Namespace[], host: Host, scratch: string): SealStep[] {
  const { hosts = {}, dns } = request
  const isAsked = Object.keys(hosts).length > 0
  const resolver = (why: string, servers: string[]) =>
    step(why, { do: 'lines', target: '/etc/resolv.conf', lines: servers, more: false, scratch })
  return [
    ...hostLines(request, own, host, scratch),
    ...(dns === 'none' ? [resolver('asked for: whoever asks a name server is told at once that none answers', nobody)] : []),
    ...(dns !== 'none' && isAsked && own.includes('net')
      ? [resolver('no other name server can be reached', ['nameserver 127.0.0.1'])]
      : []),
  ]
}

function hostLines(request: Names, own: Namespace[], host: Host, scratch: string): SealStep[] {
  const lines = Object.entries(withOwnName(request, own, host)).map(([name, address]) => `${address} ${name}`)
  if (lines.length === 0) return []
  const isAsked = Object.keys(request.hosts ?? {}).length > 0
  // The run asks for its own file there, which may be writable.
  if (!isAsked && isGiven('/etc/hosts', request, host)) return []
  const file = { do: 'lines', target: '/etc/hosts', lines, more: true, scratch } as const
  return isAsked
    ? [step('asked for: names that have addresses here', file)]
    : [step('the host name resolves, as it does outside', { ...file, ifThere: true })]
}

/** True when a mount or overlay that the run asks for covers the path. */
function isGiven(path: string, { overlays, run }: Names, { allowed }: Host): boolean {
  const targets = [...overlays, ...[...(run?.mounts ?? []), ...allowed].map(({ target }) => target)]
  return targets.some((target) => isWithin(path, target))
}

/** With the host's name and network, names resolve as on the host. */
function withOwnName({ hosts = {}, hostname, net }: Names, own: Namespace[], { hostName }: Host): Record<string, string> {
  const name = own.includes('uts') ? hostname : hostName
  const isKnown = ['localhost', ...Object.keys(hosts)].some((known) => known.toLowerCase() === name.toLowerCase())
  if (isKnown || (net === 'host' && !own.includes('uts'))) return hosts
  return { ...hosts, [name]: ownAddress }
}

/**
 * Nobody may send there without asking for it (ip(7), SO_BROADCAST), so that connect(2) fails at once, also where
 * somebody answers at all addresses of localhost. musl's resolver does not look at that, and waits as long as it is told to.
 */
const nobody = ['nameserver 255.255.255.255', 'options timeout:1 attempts:1']

export function nameServerSteps(request: Names, own: Namespace[], host: Host): SealStep[] {
  if (request.dns === 'none' || Object.keys(request.hosts ?? {}).length === 0) return []
  return [step('not every program reads /etc/hosts', { do: 'name-server', hosts: withOwnName(request, own, host) })]
}
