// How limits can be held here, found once; and the same for each process that forks sandboxes.

import { Base } from '../cgroup/base.ts'
import { type CgroupHome, findCgroup } from '../cgroup/find.ts'
import { placeOf } from '../cgroup/place.ts'
import { startInScope } from '../cgroup/scope.ts'
import { NsboxError } from '../errors.ts'
import type { LimitMeans } from '../plan/limit-plan.ts'
import type { Seal } from '../plan/plan.ts'
import type { LimitRequest, LimitsBy } from '../plan/request.ts'
import { Janitor } from './janitor.ts'
import { SandboxLimits } from './sandbox-limits.ts'

export interface FindOptions extends Omit<LimitRequest, 'limits'> {
  /** This process was started in a scope for this very purpose. */
  inScope?: boolean
  env: NodeJS.ProcessEnv
}

export class LimitSource {
  readonly home: CgroupHome
  readonly #by: LimitsBy
  /** By the process that forks; one for all of them below a common base. */
  readonly #limiters = new Map<number, Limiter>()

  private constructor(home: CgroupHome, by: LimitsBy) {
    this.home = home
    this.#by = by
  }

  /** @throws NsboxError ERR_NSBOX_CGROUP when a cgroup was asked for and cannot be had */
  static async find({ by, seal, parent, inScope = false, env }: FindOptions): Promise<LimitSource> {
    if (by === 'emulation') return new LimitSource({ kind: 'none', reasons: ["limitsBy is 'emulation'"] }, by)
    const home = await findCgroup({ given: parent, inScope, env })
    if (home.kind === 'none' && by === 'cgroup' && seal === 'require') throw noCgroup(home.reasons)
    const source = new LimitSource(home, by)
    // A base is taken by now, and has to be given back whatever becomes of this process.
    if (home.kind === 'base') source.limiter(process.pid)
    return source
  }

  /** What starts the process that forks sandboxes. */
  starting(words: readonly string[], env: NodeJS.ProcessEnv): { words: string[]; env: NodeJS.ProcessEnv } {
    return this.home.kind === 'scope' ? startInScope(words, env) : { words: [...words], env }
  }

  /**
   * For the sandboxes that process `pid` forks, once it runs.
   * @throws NsboxError ERR_NSBOX_CGROUP as {@link find}
   */
  limiter(pid: number): Limiter {
    const key = this.home.kind === 'scope' ? pid : 0
    const limiter = this.#limiters.get(key) ?? this.#newLimiter(pid)
    this.#limiters.set(key, limiter)
    return limiter
  }

  /** When all sandboxes have ended: nothing is left of their cgroups. */
  async close(): Promise<void> {
    await Promise.all([...this.#limiters.values()].map((limiter) => limiter.close()))
    this.#limiters.clear()
  }

  #newLimiter(pid: number): Limiter {
    switch (this.home.kind) {
      case 'none':
        return new Limiter(undefined, this.#means([], this.home.reasons.join('; ')))
      case 'base':
        return this.#on(this.home.base, true)
      case 'scope':
        return this.#inScope(pid)
    }
  }

  #inScope(pid: number): Limiter {
    try {
      return this.#on(Base.open(placeOf(pid).own ?? '', { evacuate: true }), false)
    } catch (error) {
      if (this.#by === 'cgroup') throw error
      return new Limiter(undefined, this.#means([], (error as Error).message))
    }
  }

  #on(base: Base, isShared: boolean): Limiter {
    return new Limiter(base, this.#means(base.controllers, `${base.path} has ${base.controllers.join(', ')}`), isShared)
  }

  #means(controllers: readonly string[], why: string): LimitMeans {
    return { controllers, why, emulation: this.#by !== 'cgroup' }
  }
}

function noCgroup(reasons: readonly string[]): NsboxError {
  return new NsboxError(`There is no cgroup to limit sandboxes by: ${reasons.join('; ')}`, {
    code: 'ERR_NSBOX_CGROUP',
    stage: 'launch',
    hint: "`nsbox doctor` says how to get one; limitsBy: 'auto' does without.",
  })
}

/** What this process leaves when it is killed; $1 is the base, $2 this process. */
const removal = `
cd "$1" || exit
for leaf in nsbox-"$2"-*; do
  [ -d "$leaf" ] || continue
  echo 1 >"$leaf/cgroup.kill"
  tries=0
  until rmdir "$leaf" || [ $tries -ge 50 ]; do tries=$((tries + 1)); sleep 0.1; done
done
for other in nsbox-*/; do [ "$other" = nsbox-callers/ ] || exit; done
for controller in $(cat cgroup.subtree_control); do echo "-$controller" >cgroup.subtree_control; done
for pid in $(cat nsbox-callers/cgroup.procs); do echo "$pid" >cgroup.procs; done
rmdir nsbox-callers
`

export class Limiter {
  readonly means: LimitMeans
  readonly #base: Base | undefined
  readonly #janitor: Janitor | undefined

  /** A base that others use too is not removed by systemd when this process ends. */
  constructor(base: Base | undefined, means: LimitMeans, isShared = false) {
    this.#base = base
    this.means = means
    this.#janitor = base && isShared ? new Janitor(removal, [base.path, String(process.pid)]) : undefined
  }

  /** For the next sandbox. @throws NsboxError when it cannot have a cgroup */
  next(seal: Seal): SandboxLimits {
    return new SandboxLimits(this.means, seal, this.#base)
  }

  async close(): Promise<void> {
    await this.#base?.close()
    this.#janitor?.dismiss()
  }
}
