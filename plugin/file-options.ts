// What a test file may have and reach: the pool's options, changed by the rules that fit the file and by its own docblock.

import { relative } from 'node:path'
import { docblockOptions } from '../src/config/docblock.ts'
import type { ResolvedFileOptions, ResolvedPoolOptions } from '../src/config/pool-options.ts'
import { type LimitName, type Limits, type LimitsChange, limitNames } from '../src/plan/limits.ts'
import type { Reach } from '../src/plan/reach.ts'
import type { LimitRequest, SandboxRequest } from '../src/plan/request.ts'
import { limitRequest, limitsHere } from '../src/run/limit-request.ts'
import { WrongOption } from '../src/run/paths.ts'
import { createFilter } from './vite.ts'

/** Of one file. */
export interface FileSettings {
  limits: Limits
  reach: Reach
  failOnWrite: boolean
  /** What its sandbox is besides. */
  request?: Partial<SandboxRequest>
  /** What its worker has in its environment from its start, where that is a fresh node; a fork has it from its first message on. */
  freshEnv?: Record<string, string>
}

interface Rule extends ResolvedFileOptions {
  files: string[]
}

export interface Surroundings {
  cwd: string
  /** Limits may be asked for later, whatever the options are. */
  counts?: boolean
  sourceOf(file: string): string
}

export class FileOptions {
  /** The limits of every file; null where nothing is to be limited or counted. */
  readonly request: LimitRequest | null
  readonly #own: FileSettings
  readonly #rules: readonly Rule[]
  readonly #cwd: string
  /** By the root of a project: whether each rule fits a file. */
  readonly #fits = new Map<string, ((file: string) => boolean)[]>()

  readonly #sourceOf: (file: string) => string

  private constructor(own: FileSettings, request: LimitRequest | null, rules: readonly Rule[], { cwd, sourceOf }: Surroundings) {
    this.request = request
    this.#own = own
    this.#rules = rules
    this.#cwd = cwd
    this.#sourceOf = sourceOf
  }

  /** @throws NsboxError ERR_NSBOX_CONFIG for what is not on this machine */
  static here(options: ResolvedPoolOptions, surroundings: Surroundings): FileOptions {
    const { cwd } = surroundings
    const rules = options.rules.map((rule, index) => ({ ...rule, limits: naming(`rules.${index}.`, () => limitsHere(rule.limits, cwd)) }))
    const asksForLimits = surroundings.counts === true || rules.some(({ limits }) => Object.keys(limits).length > 0)
    const { limitsBy: by, seal, cgroupParent: parent } = options
    const request = limitRequest(options, cwd) ?? (asksForLimits ? { limits: {}, by, seal, parent } : null)
    return new FileOptions(
      { limits: request?.limits ?? {}, reach: options.reach, failOnWrite: options.failOnWrite },
      request,
      rules,
      surroundings,
    )
  }

  /** All that some file may ask for without a docblock: of each limit, one value. */
  get anywhere(): Limits {
    return withoutLifted(Object.assign({}, this.#own.limits, ...this.#rules.map(({ limits }) => withoutLifted(limits))))
  }

  /** `root` is that of the project: globs are relative to it. @throws NsboxError ERR_NSBOX_CONFIG for a docblock that is wrong */
  of(file: string, root: string): FileSettings {
    const fits = this.#fits.get(root) ?? this.#rules.map(({ files }) => createFilter(files, undefined, { resolve: root }))
    this.#fits.set(root, fits)
    return this.#with([...this.#rules.filter((_, index) => fits[index]?.(file)), ...this.#docblock(file, root)])
  }

  #with(changes: readonly ResolvedFileOptions[]): FileSettings {
    if (changes.length === 0) return this.#own
    return {
      limits: withoutLifted(Object.assign({}, this.#own.limits, ...changes.map(({ limits }) => limits))),
      reach: Object.assign({}, this.#own.reach, ...changes.map(({ reach }) => reach)),
      failOnWrite: changes.reduce((before, { failOnWrite = before }) => failOnWrite, this.#own.failOnWrite),
    }
  }

  #docblock(file: string, root: string): ResolvedFileOptions[] {
    return docblockOptions(this.#sourceOf(file), relative(root, file)).map(({ place, ...options }) => ({
      ...options,
      limits: naming(`${place}: `, () => limitsHere(options.limits, this.#cwd)),
    }))
  }
}

/** What makes the limits of one file those of the next. */
export function limitsBetween(before: Limits, after: Limits): LimitsChange {
  const changed = limitNames.filter((name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]))
  return Object.fromEntries(changed.map((name) => [name, after[name] ?? null]))
}

function withoutLifted(limits: LimitsChange): Limits {
  return Object.fromEntries(Object.entries(limits).filter(([, value]) => value !== null)) as Pick<Limits, LimitName>
}

function naming<T>(prefix: string, ask: () => T): T {
  try {
    return ask()
  } catch (error) {
    throw error instanceof WrongOption ? error.named(`${prefix}${error.option}`) : error
  }
}
