// Which limits a test file has: those of the pool, changed by the rules that fit the file.

import { createFilter } from 'vite'
import type { ResolvedPoolOptions } from '../src/config/pool-options.ts'
import { type LimitName, type Limits, type LimitsChange, limitNames } from '../src/plan/limits.ts'
import type { LimitRequest } from '../src/plan/request.ts'
import { limitRequest, limitsHere } from '../src/run/limit-request.ts'
import { WrongOption } from '../src/run/paths.ts'

type Rule = { files: string[]; limits: LimitsChange }

export class FileLimits {
  /** What the pool asks for in every file. */
  readonly request: LimitRequest
  readonly #rules: readonly Rule[]
  /** By the root of a project: whether each rule fits a file. */
  readonly #fits = new Map<string, ((file: string) => boolean)[]>()

  private constructor(request: LimitRequest, rules: readonly Rule[]) {
    this.request = request
    this.#rules = rules
  }

  /** Null where nothing is to be limited or counted. @throws NsboxError ERR_NSBOX_CONFIG for what is not on this machine */
  static here(options: ResolvedPoolOptions, cwd: string): FileLimits | null {
    const request = limitRequest(options, cwd)
    const rules = options.rules.map(({ files, limits }, index) => ({ files, limits: namingRule(index, () => limitsHere(limits, cwd)) }))
    if (!request && rules.length === 0) return null
    return new FileLimits(request ?? { limits: {}, by: options.limitsBy, seal: options.seal, parent: options.cgroupParent }, rules)
  }

  /** All that some file may ask for: of each limit, one value. */
  get anywhere(): Limits {
    return withoutLifted(Object.assign({}, this.request.limits, ...this.#rules.map(({ limits }) => withoutLifted(limits))))
  }

  /** `root` is that of the project: globs are relative to it. */
  of(file: string, root: string): Limits {
    const fits = this.#fits.get(root) ?? this.#rules.map(({ files }) => createFilter(files, undefined, { resolve: root }))
    this.#fits.set(root, fits)
    const applied = this.#rules.filter((_, index) => fits[index]?.(file))
    return withoutLifted(Object.assign({}, this.request.limits, ...applied.map(({ limits }) => limits)))
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

function namingRule<T>(index: number, ask: () => T): T {
  try {
    return ask()
  } catch (error) {
    throw error instanceof WrongOption ? error.named(`rules.${index}.${error.option}`) : error
  }
}
