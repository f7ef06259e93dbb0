// Checks what a sandbox may reach.

import { isIP } from 'node:net'
import * as z from 'zod/mini'
import { type AllowedPath, nets, type PortPair } from '../plan/reach.ts'
import { quantity, type Shape } from './schemas.ts'
import { shown } from './shown.ts'

export const reachShape: Shape = {
  net: z.optional(z.enum(nets)),
  forward: z.optional(z.array(quantity((value) => portPair(value, 1)))),
  expose: z.optional(z.array(quantity((value) => portPair(value, 0)))),
  allow: z.optional(z.array(quantity(allowedPath))),
  hosts: z.optional(z.record(quantity(hostName) as unknown as z.ZodMiniString, quantity(address))),
}

const lastPort = 65_535

/** `LISTEN` or `LISTEN:TO`. @throws TypeError that says what is allowed */
export function portPair(value: unknown, least: number): PortPair {
  const [, listen, to] = /^(\d{1,5})(?::(\d{1,5}))?$/.exec(typeof value === 'number' ? String(value) : asText(value)) ?? []
  const pair = { listen: Number(listen ?? Number.NaN), to: Number(to ?? listen) }
  const fits = pair.listen >= least && pair.listen <= lastPort && pair.to >= 1 && pair.to <= lastPort
  if (!fits)
    throw new TypeError("it must be a port such as 5432, or two such as '6379:16379': the one to listen on, and the one it leads to")
  return pair
}

/** @throws TypeError that says what is allowed */
export function allowedPath(value: unknown): AllowedPath {
  const { path, writable = false } = typeof value === 'string' ? pathAndMode(value) : ((value ?? {}) as Partial<AllowedPath>)
  const isPath = typeof path === 'string' && /^(\/|~(\/|$))/.test(path) && !path.includes('\0')
  if (!isPath || typeof writable !== 'boolean')
    throw new TypeError("it must be an absolute path, or one that begins with ~/; read-only, unless ':rw' follows it")
  return { path, writable }
}

function pathAndMode(text: string): AllowedPath {
  const mode = /:(rw|ro)$/.exec(text)
  return { path: mode ? text.slice(0, mode.index) : text, writable: mode?.[1] === 'rw' }
}

function hostName(value: unknown): string {
  if (
    typeof value === 'string' &&
    value.length <= 253 &&
    /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*$/i.test(value)
  )
    return value
  throw new TypeError(
    `${shown(value)} is no host name, which has letters, digits, hyphens and dots, and 63 characters at most between two dots`,
  )
}

function address(value: unknown): string {
  if (typeof value === 'string' && isIP(value) > 0) return value
  throw new TypeError('it must be an IP address such as 127.0.0.1 or ::1')
}

function asText(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
