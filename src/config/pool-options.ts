// Options of the vitest pool.

import * as z from 'zod/mini'
import { configError } from '../errors.ts'
import { type Limits, type LimitsChange, limitsAmong } from '../plan/limits.ts'
import { parseOptions } from './explain.ts'
import type { LimitChanges, LimitOptions, LimitSourceOptions } from './limit-options.ts'
import { limitChangesShape, limitSourceShape, limitsShape } from './limit-schema.ts'
import { parseSize } from './quantities.ts'
import type { Size } from './run-options.ts'
import { hostname, quantity } from './schemas.ts'

export interface PoolOptions extends LimitOptions, LimitSourceOptions {
  /**
   * What to do when a protection cannot be had on this machine. `require` stops the run before any
   * test and says why; `prefer` runs with the rest and says on every run what is missing.
   * @default 'require'
   */
  seal?: 'require' | 'prefer'
  /**
   * `warm` forks each sandbox from a prepared node; `cold` starts a fresh node for each, as forks
   * does. `auto` is `warm` where a self-check passes.
   * @default 'auto'
   */
  launch?: 'auto' | 'warm' | 'cold'
  /** Who the tests are inside: root, or the caller's own uid. Outside they are the caller either way. @default 'root' */
  uid?: 'root' | 'caller'
  /** `none`: a network of its own with nothing but localhost. `host`: the host's network. @default 'none' */
  net?: 'none' | 'host'
  /** Host name inside: letters, digits and hyphens, 63 at most. @default 'nsbox' */
  hostname?: string
  /** Directory that is put under the throwaway overlay. @default the workspace root that Vite finds */
  workspace?: string
  /** Where overlays keep what is written. `auto` is memory where the kernel can, else a temporary directory. @default 'auto' */
  upper?: 'auto' | 'tmpfs' | 'disk'
  /** A file whose event loop does not turn for this long is ended, in milliseconds; 0 is never. @default 120000 */
  hangTimeout?: number
  /** Most that the files of one worker may hold of what overlays keep, and as much in each directory that is private, such as /tmp. In memory. */
  disk?: Size
  /** Limits of some files. All rules that fit a file apply, in their order: the last word on each limit stands. */
  rules?: FileRule[]
}

export interface FileRule extends LimitChanges {
  /** Globs, relative to the root of the project. */
  files: string | string[]
}

type Defaulted = 'seal' | 'launch' | 'uid' | 'net' | 'hostname' | 'upper' | 'hangTimeout' | 'limitsBy'

export interface ResolvedPoolOptions extends Required<Pick<PoolOptions, Defaulted>>, Limits {
  workspace?: string
  cgroupParent?: string
  /** Bytes. */
  disk?: number
  rules: ResolvedFileRule[]
}

export interface ResolvedFileRule {
  files: string[]
  limits: LimitsChange
}

const rule = z.strictObject({ files: quantity(globs), ...limitChangesShape })

const schema = z.strictObject({
  seal: z._default(z.enum(['require', 'prefer']), 'require'),
  launch: z._default(z.enum(['auto', 'warm', 'cold']), 'auto'),
  uid: z._default(z.enum(['root', 'caller']), 'root'),
  net: z._default(z.enum(['none', 'host']), 'none'),
  hostname: z._default(hostname, 'nsbox'),
  workspace: z.optional(z.string().check(z.startsWith('/', 'a workspace is an absolute path'))),
  upper: z._default(z.enum(['auto', 'tmpfs', 'disk']), 'auto'),
  hangTimeout: z._default(z.int().check(z.minimum(0, 'milliseconds cannot be negative')), 120_000),
  disk: z.optional(quantity(parseSize)),
  ...limitsShape,
  ...limitSourceShape,
  rules: z._default(z.array(rule), []),
})

/** @throws NsboxError ERR_NSBOX_CONFIG */
export function poolOptions(input: unknown): ResolvedPoolOptions {
  if (input !== undefined && (typeof input !== 'object' || input === null || Array.isArray(input))) {
    throw configError(`nsbox(): options are ${JSON.stringify(input)}; they must be an object`)
  }
  const { rules, ...rest } = parseOptions(schema, input, 'nsbox()') as Omit<ResolvedPoolOptions, 'rules'> & { rules: ParsedRule[] }
  return { ...rest, rules: rules.map(({ files, ...limits }) => ({ files, limits: limitsAmong(limits) })) }
}

type ParsedRule = LimitsChange & Pick<ResolvedFileRule, 'files'>

function globs(value: unknown): string[] {
  const list = Array.isArray(value) ? value : [value]
  if (list.length > 0 && list.every((glob) => typeof glob === 'string' && glob !== '')) return list
  throw new TypeError("it must be a glob such as '**/*.slow.test.ts', or a list of them")
}
