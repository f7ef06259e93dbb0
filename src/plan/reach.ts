// What a sandbox reaches of the host, and what of it can be reached from there.

/** `none`: a network of its own that leads nowhere. `localhost`: the same without an address besides localhost. */
export type Net = (typeof nets)[number]

export const nets = ['none', 'localhost', 'host'] as const

export interface Reach {
  net: Net
  /** Ports of localhost inside that lead to ports of the host's localhost. */
  forward: PortPair[]
  /** Ports of the host's localhost that lead to ports of localhost inside. */
  expose: PortPair[]
  /** Paths of the host that are there inside, whatever else lies over them. */
  allow: AllowedPath[]
  /** Addresses by host name. */
  hosts: Record<string, string>
}

export interface PortPair {
  /** The port that is listened on. 0, for `expose` alone, is any that is free. */
  listen: number
  /** The port that a connection is passed on to. */
  to: number
}

export interface AllowedPath {
  path: string
  writable: boolean
}

export const nothingReached: Reach = { net: 'none', forward: [], expose: [], allow: [], hosts: {} }

/** Those that are there. */
export function reachAmong(options: Partial<Reach>): Partial<Reach> {
  const names = Object.keys(nothingReached) as (keyof Reach)[]
  return Object.fromEntries(names.flatMap((name) => (options[name] === undefined ? [] : [[name, options[name]]])))
}
