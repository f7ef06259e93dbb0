// The pool's option keep: what files have left, and the line that says how to look at it.

import { realpathSync } from 'node:fs'
import { relative } from 'node:path'
import type { Vitest } from 'vitest/node'
import type { UpperLayer } from '../src/changes/changed.ts'
import { missingLines } from '../src/changes/failure.ts'
import { describeError } from '../src/errors.ts'
import { settledWithin } from '../src/launch/settled.ts'
import { isWithin } from '../src/plan/paths.ts'
import { quoted, shellWord } from '../src/quoted.ts'
import { FailedFiles } from '../src/run/failed-files.ts'
import { Outcomes } from './outcomes.ts'
import type { SetupLayer } from './setup-layer.ts'
import type { WorkerKind } from './worker-kind.ts'
import type { WorkerSandbox } from './workers.ts'

export interface KeptPlace {
  vitest: Vitest
  workspaces: readonly string[]
}

/** In milliseconds. */
const patience = 10_000

export class KeptFiles {
  readonly #failed: FailedFiles
  readonly #which: 'on-failure' | 'always'
  readonly #setup: () => SetupLayer | undefined
  /** Workers that may have left something, until it is kept. */
  readonly #waiting = new Set<Promise<void>>()

  constructor(which: 'on-failure' | 'always', { vitest, workspaces }: KeptPlace, setup: () => SetupLayer | undefined) {
    this.#which = which
    this.#setup = setup
    this.#failed = failedFilesOf(vitest, keptIn(workspaces))
  }

  /** What is to be told of the worker. What its files have left is kept when it has ended. */
  outcomesOf(worker: WorkerSandbox, kind: WorkerKind): Outcomes {
    const outcomes = new Outcomes((files) => this.#failed.forget(files))
    const startedMs = Date.now()
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#waiting.add(promise)
    worker.readUppers((layers) => {
      this.#keep(outcomes, layers, startedMs, kind)
      this.#waiting.delete(promise)
      resolve()
    })
    return outcomes
  }

  /** When what all workers have left until now is kept: not for ever, for one may go on with another file. */
  async settled(): Promise<void> {
    await settledWithin(this.#waiting, patience)
  }

  #keep(outcomes: Outcomes, layers: UpperLayer[], startedMs: number, { project, env }: WorkerKind): void {
    const ended = outcomes.ended.filter(({ failed }) => failed || this.#which === 'always')
    if (ended.length === 0) return
    const { logger } = project.vitest
    const names = ended.map(({ file }) => relative(process.cwd(), file))
    const shown = names.map(quoted).join(', ')
    const isFirst = this.#failed.kept.length === 0
    const own = ownVariables(env)
    try {
      const kept = this.#failed.keep({
        files: ended.map((file) => ({ ...file, env: own })),
        layers,
        setup: this.#setup()?.kept ?? [],
        startedMs,
      })
      if ('why' in kept) return logger.warn(`nsbox did not keep ${shown}: ${kept.why}`)
      const which = isFirst ? '' : ` ${shellWord(names[0] as string)}`
      logger.log(`nsbox kept ${shown}: nsbox shell --last-failed${which}, nsbox diff --last-failed${which}`)
      if (kept.missing.length > 0) logger.warn(['nsbox did not keep all of it:', ...missingLines(kept.missing)].join('\n'))
    } catch (error) {
      logger.warn(`nsbox did not keep ${shown}: ${describeError(error)}`)
    }
  }
}

const places = new WeakMap<Vitest, Map<string, FailedFiles>>()

/** Projects that have a pool each share what is kept of their run. */
function failedFilesOf(vitest: Vitest, workspace: string): FailedFiles {
  const own = places.get(vitest) ?? new Map<string, FailedFiles>()
  places.set(vitest, own)
  const files = own.get(workspace) ?? new FailedFiles({ workspace, cwd: process.cwd(), env: process.env })
  own.set(workspace, files)
  return files
}

/** What vitest sets in its main process too. */
const ofVitest = ['TEST', 'VITEST', 'VITEST_MODE', 'NODE_ENV', 'MODE', 'DEV', 'PROD']

/** The caller's own are there when a shell is opened, and are not to be written down. */
function ownVariables(env: NodeJS.ProcessEnv): Record<string, string> {
  const own = Object.entries(env).filter(([name, value]) => ofVitest.includes(name) || value !== process.env[name])
  return Object.fromEntries(own.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])))
}

/** Of several workspaces the one that vitest runs in: `nsbox shell` is likely to be run there too. */
function keptIn(workspaces: readonly string[]): string {
  return workspaces.find((workspace) => isWithin(realpathSync('.'), workspace)) ?? (workspaces[0] as string)
}
