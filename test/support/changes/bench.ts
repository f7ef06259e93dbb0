// A project, sandboxes of it whose uppers stay on disk, and what changed in them.

import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'
import type { Change, UpperLayer } from '../../../src/changes/changed.ts'
import { hostFacts } from '../../../src/host/facts.ts'
import { ZygoteProcess } from '../../../src/launch/zygote-process.ts'
import type { SandboxPlan } from '../../../src/plan/plan.ts'
import { sandboxPlan } from '../../../src/plan/sandbox-plan.ts'
import { removeTree } from '../../../src/sys/remove-tree.ts'
import { asBuilt, Bench, type Files, type Outcome, programPath, repository, requestFor } from '../sandbox.ts'

/** Programs of test/fixtures start in half the CPU time from code that node has compiled before. */
export const compileCache: Record<string, string> = { NODE_COMPILE_CACHE: join(repository, 'node_modules/.cache/nsbox-test') }
/** Programs of all benches of a worker start from it, and it ends with the worker: its socket is closed then. */
let zygote: ZygoteProcess | undefined

export class ChangesBench {
  readonly bench: Bench
  /** Later than every change of the project's files until now, by more than the tolerance of conflicts. */
  startedMs: number
  #uppers = 0

  constructor(files: Files = {}) {
    zygote ??= new ZygoteProcess({ mode: 'cold', env: { PATH: programPath }, execArgv: [], preload: null, limits: asBuilt })
    this.bench = new Bench({ files, zygote })
    this.startedMs = Date.now() + 25
  }

  get project(): string {
    return this.bench.project
  }

  path(name: string): string {
    return join(this.project, name)
  }

  /** Beside the project. */
  beside(name: string): string {
    return join(this.bench.root, name)
  }

  /** Runs a shell script in the project and answers what it wrote. @throws when the script fails */
  async layer(script: string): Promise<UpperLayer> {
    return (await this.run(['/bin/sh', '-ec', script])).layer
  }

  async run(argv: string[]): Promise<{ layer: UpperLayer; outcome: Outcome }> {
    const directory = this.beside(`upper-${this.#uppers++}`)
    mkdirSync(directory)
    const { plan, upper } = this.#plan(directory)
    const outcome = await this.bench.exec(argv, { plan, env: compileCache })
    if (outcome.exitCode !== 0) throw new Error(`${argv.join(' ')}: ${JSON.stringify(outcome)}`)
    return { layer: { target: this.project, upper, lowers: [this.project] }, outcome }
  }

  #plan(directory: string): { plan: SandboxPlan; upper: string } {
    const facts = { ...hostFacts({ HOME: this.bench.home }, [this.project]), allowed: [] }
    const plan = sandboxPlan({ ...requestFor(this.project), visible: [repository] }, { ...facts, upper: { on: 'disk', directory } })
    const overlays = plan.steps.flatMap((step) => (step.do === 'overlay' ? [step.target] : []))
    return { plan, upper: join(directory, String(overlays.indexOf(this.project)), 'upper') }
  }

  async close(): Promise<void> {
    removeTree(this.bench.root)
    await this.bench.close()
  }
}

/** Gone when the test is over. */
export function changesBench(files: Files = {}): ChangesBench {
  const bench = new ChangesBench(files)
  onTestFinished(() => bench.close())
  return bench
}

/** Shell words that set an attribute: the path, the name and the value follow. */
export const attribute: string = `${process.execPath} ${fileURLToPath(new URL('../../fixtures/changes/attribute.ts', import.meta.url))}`

/** `A new.ts` and so on, relative to the project. */
export function brief(changes: readonly Change[], target: string): string[] {
  return changes.map(({ kind, path }) => `${kind.slice(0, 1).toUpperCase()} ${path.slice(target.length + 1) || '.'}`)
}

/** The clock that stamps files has passed this. */
export async function past(ms: number): Promise<void> {
  await setTimeout(Math.max(0, ms + 21 - Date.now()))
}
