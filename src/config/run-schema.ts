// Checks the options of a program's sandbox.

import * as z from 'zod/mini'
import { seals } from '../plan/plan.ts'
import { inQuotes } from '../quoted.ts'
import { resourceNumbers } from '../sys/resources.ts'
import { type FieldName, parseOptions } from './explain.ts'
import { limitSourceShape, limitsShape } from './limit-schema.ts'
import { parseOffset, parseResourceLimit, parseSize, parseTimer } from './quantities.ts'
import { reachShape } from './reach-schema.ts'
import { programDefaults, type ResolvedProgramOptions, type ResolvedSandboxOptions, sandboxDefaults } from './run-options.ts'
import { absolutePath, hostname, programText, quantity, type Shape } from './schemas.ts'

const kept = z.enum(['private', 'host'])
const path = z.string().check(z.minLength(1, 'a path cannot be empty'))
const size = quantity(parseSize)
const offset = quantity(parseOffset)
const timer = quantity(parseTimer)

export const sandboxShape: Shape = {
  seal: z._default(z.enum(seals), sandboxDefaults.seal),
  net: z._default(reachShape['net'] as z.ZodMiniType, sandboxDefaults.net),
  forward: z._default(reachShape['forward'] as z.ZodMiniType, sandboxDefaults.forward),
  expose: z._default(reachShape['expose'] as z.ZodMiniType, sandboxDefaults.expose),
  hosts: z._default(reachShape['hosts'] as z.ZodMiniType, sandboxDefaults.hosts),
  pid: z._default(kept, sandboxDefaults.pid),
  ipc: z._default(kept, sandboxDefaults.ipc),
  uts: z._default(kept, sandboxDefaults.uts),
  cgroup: z._default(kept, sandboxDefaults.cgroup),
  time: z._default(kept, sandboxDefaults.time),
  monotonicOffset: z._default(offset, sandboxDefaults.monotonicOffset),
  boottimeOffset: z._default(offset, sandboxDefaults.boottimeOffset),
  hostname: z._default(hostname, sandboxDefaults.hostname),
  uid: z._default(z.enum(['root', 'caller']), sandboxDefaults.uid),
  mapRange: z._default(z.enum(['none', 'auto']), sandboxDefaults.mapRange),
  overlays: z.optional(z.array(path)),
  layers: z._default(z.array(path), sandboxDefaults.layers),
  binds: z._default(
    z.array(z.strictObject({ source: path, target: z.optional(absolutePath), readOnly: z.optional(z.boolean()) })),
    sandboxDefaults.binds,
  ),
  tmpfs: z._default(
    z.array(
      z.strictObject({
        target: absolutePath,
        size: z.optional(size),
        inodes: z.optional(z.int().check(z.minimum(2, 'a tmpfs needs 2 inodes at least'))),
      }),
    ),
    sandboxDefaults.tmpfs,
  ),
  masks: z._default(z.array(absolutePath), sandboxDefaults.masks),
  rootfs: z.optional(path),
  devices: z._default(z.array(quantity(deviceName)), sandboxDefaults.devices),
  cwd: z.optional(path),
  upper: z._default(z.enum(['auto', 'tmpfs', 'disk']), sandboxDefaults.upper),
  rlimits: z._default(
    z.record(z.string(), quantity(parseResourceLimit)).check(z.refine(onlyKnownResources, { error: unknownResource })),
    sandboxDefaults.rlimits,
  ),
  nice: z.optional(z.int().check(z.minimum(-20, 'niceness goes from -20 to 19'), z.maximum(19, 'niceness goes from -20 to 19'))),
  disk: z.optional(size),
  ...limitsShape,
  ...limitSourceShape,
}
const sandboxSchema = z.strictObject(sandboxShape)

/** @throws NsboxError ERR_NSBOX_CONFIG */
export function sandboxOptions(input: unknown, where: string, name?: FieldName): ResolvedSandboxOptions {
  return parseOptions(sandboxSchema, input, where, name) as unknown as ResolvedSandboxOptions
}

export const programShape: Shape = {
  env: z.optional(z.record(quantity(programText) as unknown as z.ZodMiniString, quantity(variable))),
  timeout: z.optional(timer),
  killAfter: z._default(timer, programDefaults.killAfter),
}
const programSchema = z.strictObject(programShape)

/** @throws NsboxError ERR_NSBOX_CONFIG */
export function programOptions(input: unknown, where: string, name?: FieldName): ResolvedProgramOptions {
  return parseOptions(programSchema, input, where, name) as unknown as ResolvedProgramOptions
}

function variable(value: unknown): string | undefined {
  return value === undefined ? undefined : programText(value)
}

function deviceName(value: unknown): string {
  const name = typeof value === 'string' ? value.replace(/^\/dev\//, '') : ''
  if (/^[\w-]+(\/[\w-]+)*$/.test(name)) return name
  throw new TypeError('it must be the name of a device, such as kvm or /dev/fuse')
}

function onlyKnownResources(limits: Record<string, unknown>): boolean {
  return Object.keys(limits).every((name) => name in resourceNumbers)
}

function unknownResource({ input }: { input?: unknown }): string {
  const unknown = Object.keys(input as object).filter((name) => !(name in resourceNumbers))
  return `unknown limit ${unknown.map(inQuotes).join(', ')}; known are ${Object.keys(resourceNumbers).join(', ')}`
}
