// Options of a program's sandbox: for the command and the library alike.

import * as z from 'zod/mini'
import { type Resource, resourceNumbers } from '../sys/resources.ts'
import { type FieldName, parseOptions } from './explain.ts'
import { parseCpuList, parseDuration, parseSize } from './quantities.ts'
import { absolutePath, hostname, quantity } from './schemas.ts'

/** A number counts bytes; a text has a unit of 1024: `64K`, `256M`, `1.5G`. */
export type Size = number | string
/** A number counts milliseconds; a text has its unit: `250ms`, `30s`, `5m`, `1h`. */
export type Duration = number | string

export interface Bind {
  /** What to show, on the host. A relative path starts at the caller's directory. */
  source: string
  /** Where, inside. @default the same path */
  target?: string
  /** @default false: what is written there reaches the host */
  readOnly?: boolean
}

export interface Tmpfs {
  target: string
  /** Most that its files may hold. @default half of the memory, as tmpfs(5) has it */
  size?: Size
  /** Most files and directories it may have. */
  inodes?: number
}

/** A limit of getrlimit(2): soft and hard alike, or each. In the unit of the resource: bytes, seconds (`cpu`), or a count. */
export type ResourceLimit = Size | 'unlimited' | { soft: Size | 'unlimited'; hard: Size | 'unlimited' }

export interface SandboxOptions {
  /**
   * What to do when a protection cannot be had on this machine: `require` starts nothing and says
   * why, `prefer` goes on with the rest and lists in the report what is missing.
   * @default 'require'
   */
  seal?: 'require' | 'prefer'
  /** `none`: a network of its own with nothing but localhost. @default 'none' */
  net?: 'none' | 'host'
  /** `host`: processes of the host are seen. Then a sandbox whose init is killed may leave processes. @default 'private' */
  pid?: 'private' | 'host'
  /** System V IPC and POSIX message queues. @default 'private' */
  ipc?: 'private' | 'host'
  /** Host name. @default 'private' */
  uts?: 'private' | 'host'
  /** What /proc/self/cgroup shows. @default 'private' */
  cgroup?: 'private' | 'host'
  /** `private`: a time namespace, even without an offset. @default 'host' */
  time?: 'private' | 'host'
  /** How far CLOCK_MONOTONIC is ahead of the host's, in a time namespace. The time of day stays. @default 0 */
  monotonicOffset?: Duration
  /** How far CLOCK_BOOTTIME is ahead of the host's, in a time namespace. @default 0 */
  boottimeOffset?: Duration
  /** Letters, digits and hyphens, 63 at most. @default 'nsbox' */
  hostname?: string
  /** Who the program is inside. Outside it is the caller either way. @default 'root' */
  uid?: 'root' | 'caller'
  /** `auto`: the ids that /etc/subuid and /etc/subgid grant the caller exist inside, so that chown and su work. @default 'none' */
  mapRange?: 'none' | 'auto'
  /** Directories under a throwaway overlay; HOME always is. @default the caller's directory, or none with `rootfs` */
  overlays?: string[]
  /** Directories on top of the first overlay's, the first on top: kept uppers, or plain directories. */
  layers?: string[]
  binds?: Bind[]
  tmpfs?: Tmpfs[]
  /** Files and directories that are to be empty. */
  masks?: string[]
  /** Another root directory, under a throwaway overlay. Of the host's tree only what is asked for is seen. */
  rootfs?: string
  /** Devices to let in, such as `kvm` or `/dev/fuse`. */
  devices?: string[]
  /** Working directory inside. @default the caller's directory, or / with `rootfs` */
  cwd?: string
  /** Where overlays keep what is written: memory, or a temporary directory. `auto` is memory where the kernel can. @default 'auto' */
  upper?: 'auto' | 'tmpfs' | 'disk'
  /** Limits of getrlimit(2) by name: `{ nofile: 64 }`. */
  rlimits?: Partial<Record<Resource, ResourceLimit>>
  /** Niceness, -20 to 19; less than the caller's takes privilege (setpriority(2)). */
  nice?: number
  /** Processors it may run on: `[0, 2]` or `'0-2'`. */
  cpusAllowed?: number[] | string
}

export interface ProgramOptions {
  /** The whole environment. @default the caller's */
  env?: NodeJS.ProcessEnv
  /** After this long the program gets SIGTERM. */
  timeout?: Duration
  /** How long after that everything is killed. @default '5s' */
  killAfter?: Duration
}

export type Limit = { soft: number | null; hard: number | null }

export interface ResolvedSandboxOptions {
  seal: 'require' | 'prefer'
  net: 'none' | 'host'
  pid: 'private' | 'host'
  ipc: 'private' | 'host'
  uts: 'private' | 'host'
  cgroup: 'private' | 'host'
  time: 'private' | 'host'
  monotonicOffset: number
  boottimeOffset: number
  hostname: string
  uid: 'root' | 'caller'
  mapRange: 'none' | 'auto'
  overlays?: string[] | undefined
  layers: string[]
  binds: Bind[]
  tmpfs: { target: string; size?: number | undefined; inodes?: number | undefined }[]
  masks: string[]
  rootfs?: string | undefined
  devices: string[]
  cwd?: string | undefined
  upper: 'auto' | 'tmpfs' | 'disk'
  rlimits: Partial<Record<Resource, Limit>>
  nice?: number | undefined
  cpusAllowed?: number[] | undefined
}

const kept = z.enum(['private', 'host'])
const path = z.string().check(z.minLength(1, 'a path cannot be empty'))
const size = quantity(parseSize)
const duration = quantity(parseDuration)
const positiveDuration = quantity((value) => {
  const milliseconds = parseDuration(value)
  if (milliseconds > 0) return milliseconds
  throw new TypeError('it must be longer than nothing')
})

export const sandboxShape: Shape = {
  seal: z._default(z.enum(['require', 'prefer']), 'require'),
  net: z._default(z.enum(['none', 'host']), 'none'),
  pid: z._default(kept, 'private'),
  ipc: z._default(kept, 'private'),
  uts: z._default(kept, 'private'),
  cgroup: z._default(kept, 'private'),
  time: z._default(kept, 'host'),
  monotonicOffset: z._default(duration, 0),
  boottimeOffset: z._default(duration, 0),
  hostname: z._default(hostname, 'nsbox'),
  uid: z._default(z.enum(['root', 'caller']), 'root'),
  mapRange: z._default(z.enum(['none', 'auto']), 'none'),
  overlays: z.optional(z.array(path)),
  layers: z._default(z.array(path), []),
  binds: z._default(z.array(z.strictObject({ source: path, target: z.optional(absolutePath), readOnly: z.optional(z.boolean()) })), []),
  tmpfs: z._default(
    z.array(
      z.strictObject({
        target: absolutePath,
        size: z.optional(size),
        inodes: z.optional(z.int().check(z.minimum(2, 'a tmpfs needs 2 inodes at least'))),
      }),
    ),
    [],
  ),
  masks: z._default(z.array(absolutePath), []),
  rootfs: z.optional(path),
  devices: z._default(z.array(quantity(deviceName)), []),
  cwd: z.optional(path),
  upper: z._default(z.enum(['auto', 'tmpfs', 'disk']), 'auto'),
  rlimits: z._default(z.record(z.string(), quantity(resourceLimit)).check(z.refine(onlyKnownResources, { error: unknownResource })), {}),
  nice: z.optional(z.int().check(z.minimum(-20, 'niceness goes from -20 to 19'), z.maximum(19, 'niceness goes from -20 to 19'))),
  cpusAllowed: z.optional(quantity(parseCpuList)),
}
const sandboxSchema = z.strictObject(sandboxShape)

/** @throws NsboxError ERR_NSBOX_CONFIG */
export function sandboxOptions(input: unknown, where: string, name?: FieldName): ResolvedSandboxOptions {
  return parseOptions(sandboxSchema, input, where, name) as unknown as ResolvedSandboxOptions
}

/** Fields of a schema; what parsing them answers is stated by the types above. */
export type Shape = Record<string, z.ZodMiniType>

export const programShape: Shape = {
  env: z.optional(z.record(z.string(), z.union([z.string(), z.undefined()]))),
  timeout: z.optional(positiveDuration),
  killAfter: z._default(positiveDuration, 5000),
}
const programSchema = z.strictObject(programShape)

export interface ResolvedProgramOptions {
  env?: NodeJS.ProcessEnv | undefined
  /** Milliseconds. */
  timeout?: number | undefined
  killAfter: number
}

/** @throws NsboxError ERR_NSBOX_CONFIG */
export function programOptions(input: unknown, where: string, name?: FieldName): ResolvedProgramOptions {
  return parseOptions(programSchema, input, where, name) as unknown as ResolvedProgramOptions
}

function deviceName(value: unknown): string {
  const name = typeof value === 'string' ? value.replace(/^\/dev\//, '') : ''
  if (/^[\w-]+(\/[\w-]+)*$/.test(name)) return name
  throw new TypeError('it must be the name of a device, such as kvm or /dev/fuse')
}

/** @throws TypeError that says what is allowed */
export function resourceLimit(value: unknown): Limit {
  const one = (part: unknown): number | null => (part === 'unlimited' ? null : part === 0 || part === '0' ? 0 : parseSize(part))
  try {
    if (typeof value === 'object' && value !== null && 'soft' in value && 'hard' in value) {
      const [soft, hard] = [one(value.soft), one(value.hard)]
      if (hard !== null && (soft === null || soft > hard)) throw new TypeError('the soft limit must not be above the hard one')
      return { soft, hard }
    }
    return { soft: one(value), hard: one(value) }
  } catch (error) {
    throw (error as Error).message.startsWith('the soft') ? error : new TypeError('it must be a number, a size such as 64M, or unlimited')
  }
}

function onlyKnownResources(limits: Record<string, unknown>): boolean {
  return Object.keys(limits).every((name) => name in resourceNumbers)
}

function unknownResource({ input }: { input?: unknown }): string {
  const unknown = Object.keys(input as object).filter((name) => !(name in resourceNumbers))
  return `unknown limit "${unknown.join('", "')}"; known are ${Object.keys(resourceNumbers).join(', ')}`
}
