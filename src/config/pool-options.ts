// Options of the vitest pool.

import * as z from 'zod/mini'
import { configError } from '../errors.ts'
import { type Limits, type LimitsChange, limitsAmong } from '../plan/limits.ts'
import { type Seal, seals } from '../plan/plan.ts'
import { portWords, wrongPorts } from '../plan/port-steps.ts'
import { nothingReached, type Reach, reachAmong } from '../plan/reach.ts'
import { parseOptions } from './explain.ts'
import type { LimitChanges, LimitOptions, LimitSourceOptions } from './limit-options.ts'
import { limitChangesShape, limitSourceShape, limitsShape } from './limit-schema.ts'
import { longestTimer, parseSize } from './quantities.ts'
import type { ReachOptions } from './reach-options.ts'
import { reachShape } from './reach-schema.ts'
import type { FileReportOptions, ReportOptions, ResolvedReportOptions } from './report-options.ts'
import { fileReportShape, reportShape } from './report-schema.ts'
import type { Size } from './run-options.ts'
import { hostname, programText, quantity } from './schemas.ts'
import { shown } from './shown.ts'

export interface PoolOptions extends LimitOptions, LimitSourceOptions, ReachOptions, ReportOptions, FileReportOptions {
  /**
   * What to do when a protection cannot be had on this machine. `require` stops the run before any
   * test and says why; `prefer` runs with the rest and says on every run what is missing. Without
   * its throwaway layers, so that files of the project and HOME would be written to for real, it
   * stops too: only `optional` goes on.
   * @default 'require'
   */
  seal?: Seal
  /**
   * `warm` forks each sandbox from a prepared node; `cold` starts a fresh node for each, as forks
   * does. `auto` is `warm` where a self-check passes.
   * @default 'auto'
   */
  launch?: 'auto' | 'warm' | 'cold'
  /** Who the tests are inside: root, or the caller's own uid. Outside they are the caller either way. @default 'root' */
  uid?: 'root' | 'caller'
  /** Host name inside: letters, digits and hyphens, 63 at most. @default 'nsbox' */
  hostname?: string
  /** Directory that is put under the throwaway overlay. @default the workspace root that Vite finds */
  workspace?: string
  /** Where overlays keep what is written. `auto` is memory where the kernel can, else a temporary directory. @default 'auto' */
  upper?: 'auto' | 'tmpfs' | 'disk'
  /** A file whose event loop does not turn for this long is ended, in milliseconds, 24 days at most; 0 is never. @default 120000 */
  hangTimeout?: number
  /** Most that the files of one worker may hold of what overlays keep, and as much in each directory that is private, such as /tmp. In memory. */
  disk?: Size
  /**
   * A file for node to run, or a program, or the words of a command: runs once, before the first file, in a sandbox like those of
   * the files. What it writes in the workspace and HOME every file finds, fresh; the host's files stay as they are.
   */
  setup?: string | string[]
  /**
   * Whose changes of the workspace and HOME are kept until the next run, for `nsbox shell --last-failed` and
   * `nsbox diff --last-failed`: of 20 files at most. @default 'never'
   */
  keep?: 'never' | 'on-failure' | 'always'
  /** Options of some files. All rules that fit a file apply, in their order: the last word on each option stands. */
  rules?: FileRule[]
}

/** What may differ from one file to the next. A file's own docblock, `@nsbox memory=64M net=host`, has the last word. */
export interface FileOptions extends LimitChanges, ReachOptions, FileReportOptions {}

export interface FileRule extends FileOptions {
  /** Globs, relative to the root of the project. */
  files: string | string[]
}

type Defaulted = 'seal' | 'launch' | 'uid' | 'hostname' | 'upper' | 'hangTimeout' | 'limitsBy' | 'keep'

export interface ResolvedPoolOptions extends Required<Pick<PoolOptions, Defaulted>>, Limits, ResolvedReportOptions {
  reach: Reach
  failOnWrite: boolean
  workspace?: string
  cgroupParent?: string
  /** Bytes. */
  disk?: number
  setup?: string | string[]
  rules: ResolvedFileRule[]
}

export interface ResolvedFileOptions {
  limits: LimitsChange
  reach: Partial<Reach>
  failOnWrite?: boolean
}

export interface ResolvedFileRule extends ResolvedFileOptions {
  files: string[]
}

const fileShape = { ...limitChangesShape, ...reachShape, ...fileReportShape }
const fileSchema = z.strictObject(fileShape)
const rule = z.strictObject({ files: quantity(globs), ...fileShape })

const schema = z.strictObject({
  seal: z._default(z.enum(seals), 'require'),
  launch: z._default(z.enum(['auto', 'warm', 'cold']), 'auto'),
  uid: z._default(z.enum(['root', 'caller']), 'root'),
  hostname: z._default(hostname, 'nsbox'),
  workspace: z.optional(z.string().check(z.startsWith('/', 'a workspace is an absolute path'))),
  upper: z._default(z.enum(['auto', 'tmpfs', 'disk']), 'auto'),
  hangTimeout: z._default(
    z
      .int()
      .check(
        z.minimum(0, 'milliseconds cannot be negative'),
        z.maximum(longestTimer, `it must be ${longestTimer} at most, which is 24 days; 0 is never`),
      ),
    120_000,
  ),
  disk: z.optional(quantity(parseSize)),
  setup: z.optional(quantity(command)),
  keep: z._default(z.enum(['never', 'on-failure', 'always']), 'never'),
  ...limitsShape,
  ...limitSourceShape,
  ...reachShape,
  ...reportShape,
  failOnWrite: z._default(z.boolean(), false),
  rules: z._default(z.array(rule), []),
})

/** @throws NsboxError ERR_NSBOX_CONFIG */
export function poolOptions(input: unknown): ResolvedPoolOptions {
  if (input !== undefined && (typeof input !== 'object' || input === null || Array.isArray(input))) {
    throw configError(`nsbox(): options are ${shown(input)}; they must be an object`)
  }
  const { rules, ...rest } = parseOptions(schema, input, 'nsbox()') as ParsedPoolOptions
  const reach = { ...nothingReached, ...reachAmong(rest) }
  const problem = wrongPorts(reach)
  if (problem) throw configError(`nsbox(): ${problem.option} is ${portWords(problem.value)}: ${problem.why}`)
  return {
    ...rest,
    reach,
    rules: rules.map(({ files, ...options }) => ({ files, ...resolvedFileOptions(options) })),
  }
}

/** @throws NsboxError ERR_NSBOX_CONFIG */
export function fileOptions(input: unknown, where: string): ResolvedFileOptions {
  return resolvedFileOptions(parseOptions(fileSchema, input, where) as ParsedFileOptions)
}

function resolvedFileOptions(options: ParsedFileOptions): ResolvedFileOptions {
  const { failOnWrite } = options
  return { limits: limitsAmong(options), reach: reachAmong(options), ...(failOnWrite !== undefined && { failOnWrite }) }
}

type ParsedPoolOptions = Omit<ResolvedPoolOptions, 'rules' | 'reach'> & Partial<Reach> & { rules: ParsedRule[] }
type ParsedFileOptions = LimitsChange & Partial<Reach> & FileReportOptions
type ParsedRule = ParsedFileOptions & Pick<ResolvedFileRule, 'files'>

function globs(value: unknown): string[] {
  const list = Array.isArray(value) ? value : [value]
  if (list.length > 0 && list.every((glob) => typeof glob === 'string' && glob !== '')) return list
  throw new TypeError("it must be a glob such as '**/*.slow.test.ts', or a list of them")
}

function command(value: unknown): string | string[] {
  const words = Array.isArray(value) ? value : [value]
  if (words.length > 0 && words.every((word) => typeof word === 'string') && words[0] !== '') {
    words.forEach(programText)
    return value as string | string[]
  }
  throw new TypeError("it must be a file such as 'scripts/seed.ts', or the words of a command such as ['npm', 'run', 'seed']")
}
