// What is looked at again after a sweep or a grid: which failure of which test, and under which knobs. Pure.

import { clustersOf } from './clusters.ts'
import type { Knobs } from './knobs.ts'
import { printKnobs } from './recipe.ts'
import type { Attempt } from './results.ts'
import { printTestId } from './test-id.ts'
import { type Failure, type Trial, type Trials, trialsOf } from './trials.ts'
import { verdictsOf } from './verdicts.ts'

export interface Hit {
  file: string
  project: string
  name: string | null
  /** It failed for want of time alone. */
  late: boolean
  /** Those that it failed under, the most telling first. */
  candidates: Knobs[]
}

/** Of a test, in the order in which they are tried. */
const mostCandidates = 3

/** One test for each cluster of failures, the most frequent first: what shares a cause needs one recipe. */
export function hitsOf(attempts: readonly Attempt[], most: number): Hit[] {
  const flaky = new Set(
    verdictsOf(attempts)
      .filter(({ verdict }) => verdict === 'FLAKY' || verdict === 'KILLED')
      .map((test) => key(test)),
  )
  const tests = trialsOf(attempts).filter((test) => flaky.has(key(test)))
  // A file is told of as a whole beside the tests that failed with it.
  const alone = tests.filter(({ file, name }) => name !== null || !tests.some((other) => other.file === file && other.name !== null))
  return onePerCluster(alone, attempts).slice(0, most).map(hitOf)
}

function onePerCluster(tests: readonly Trials[], attempts: readonly Attempt[]): Trials[] {
  const covered = new Set<string>()
  const first = clustersOf(attempts).flatMap((cluster) => {
    if (cluster.tests.some((test) => covered.has(test))) return []
    const found = tests.find((test) => cluster.tests.includes(printTestId(test)))
    if (found) for (const test of cluster.tests) covered.add(test)
    return found ? [found] : []
  })
  return [...first, ...tests.filter((test) => !covered.has(printTestId(test)))]
}

function hitOf({ file, project, name, trials }: Trials): Hit {
  const planned = trials.filter(({ attempt }) => attempt.phase !== 'confirm' && attempt.phase !== 'shrink')
  const groups = [...Map.groupBy(planned, ({ attempt }) => printKnobs(attempt.order.knobs)).values()].flatMap((group) => {
    const failed = group.filter(hasFailed)
    return failed[0] ? [{ knobs: failed[0].attempt.order.knobs, rate: failed.length / group.length, runs: group.length }] : []
  })
  const isBaseline = ({ knobs }: { knobs: Knobs }) => Object.keys(knobs).length === 0
  const size = ({ knobs }: { knobs: Knobs }) => Object.keys(knobs).length
  const best = groups.sort(
    (a, b) => Number(isBaseline(a)) - Number(isBaseline(b)) || b.rate - a.rate || b.runs - a.runs || size(a) - size(b),
  )
  const failures = planned.filter(hasFailed).map(({ failure }) => failure)
  return { file, project, name, late: failures.every(isLate), candidates: best.slice(0, mostCandidates).map(({ knobs }) => knobs) }
}

/** Whether it failed the same way in another run; null where the test did not run, which tells nothing. */
export function failedAgain({ file, project, name, late }: Hit, attempt: Attempt): boolean | null {
  const test = trialsOf([attempt]).find((one) => one.name === name && one.file === file && one.project === project)
  const trial = test?.trials[0]
  // A file is told of only where it failed.
  if (!trial) return name === null ? false : null
  return trial.failure !== null && (late || !isLate(trial.failure))
}

function hasFailed(trial: Trial): trial is Trial & { failure: Failure } {
  return trial.failure !== null
}

function isLate({ errors, killedBy }: Failure): boolean {
  return killedBy === null ? errors.length > 0 && errors.every(({ isTimeout }) => isTimeout) : killedBy === 'time'
}

function key({ file, project, name }: Pick<Hit, 'file' | 'project' | 'name'>): string {
  return JSON.stringify([project, file, name])
}
