// Results of a campaign that never was, for what shows them.

import type { AttemptError, AttemptOrder, AttemptResult, AttemptUsage, TestResult } from '../../src/stress/attempt.ts'
import type { Knobs } from '../../src/stress/knobs.ts'
import { printKnobs, printRecipe } from '../../src/stress/recipe.ts'
import type { Attempt, Cluster, KnobEffect, Rate, Results, TestVerdict } from '../../src/stress/results.ts'
import { wilson } from '../../src/stress/statistics.ts'

export function rate(failed: number, runs: number): Rate {
  return { failed, runs, interval: wilson(failed, runs) }
}

export function error(message: string, more: Partial<AttemptError> = {}): AttemptError {
  return { name: 'AssertionError', message, stack: `AssertionError: ${message}\n    at src/cart.test.ts:14:22`, isTimeout: false, ...more }
}

export function testResult(name: string, errors: AttemptError[] = [], more: Partial<TestResult> = {}): TestResult {
  return { name, state: errors.length > 0 ? 'failed' : 'passed', durationMs: 12, errors, line: 12, ...more }
}

interface AttemptParts {
  number?: number
  phase?: Attempt['phase']
  file?: string
  knobs?: Knobs
  tests?: TestResult[]
  usage?: Partial<AttemptUsage>
  result?: Partial<AttemptResult>
}

export function attempt({ number = 0, phase = 'baseline', file = 'src/cart.test.ts', knobs = {}, ...parts }: AttemptParts = {}): Attempt {
  const tests = parts.tests ?? [testResult('adds')]
  const order: AttemptOrder = { file, project: '', knobs, timeoutMs: 30_000 }
  const end = tests.some(({ state }) => state === 'failed') ? 'failed' : 'passed'
  const usage = { wallMs: 400, cpuMs: 300, throttledMs: 0, memoryPeakBytes: 60 * 1024 ** 2, ...parts.usage }
  const result: AttemptResult = { end, tests, errors: [], caps: [], usage, held: {}, notTurned: [], output: '', ...parts.result }
  return { number, phase, order, result, startedAt: new Date(Date.UTC(2026, 0, 2, 3, 4, 5) + number * 500).toISOString() }
}

export function verdict(more: Partial<TestVerdict> = {}): TestVerdict {
  return {
    file: 'src/cart.test.ts',
    project: '',
    name: 'adds',
    line: 12,
    verdict: 'PASS',
    ...rate(0, 20),
    baseline: rate(0, 5),
    effects: [],
    recipe: null,
    cause: null,
    ...more,
  }
}

export function results(more: Partial<Results> = {}): Results {
  return {
    version: 1,
    nsbox: '0.1.0',
    node: 'v24.11.0',
    vitest: '5.1.1',
    startedAt: '2026-01-02T03:04:05.000Z',
    finishedAt: '2026-01-02T03:08:15.000Z',
    machine: { cpus: 8, memoryBytes: 16 * 1024 ** 3, kernel: '6.12.0' },
    command: ['src/cart.test.ts', '--cpu', '0.1,0.25,1'],
    seed: 77,
    shard: null,
    endedEarly: null,
    attempts: [attempt()],
    tests: [verdict()],
    clusters: [],
    ...more,
  }
}

/** Numbers below 1, the same each time. */
function chance(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
}

const MiB = 1024 ** 2
const tests = ['cart > adds', 'cart > is saved after the debounce', 'cart > exports a large order']

/** A grid of CPU caps by memory caps after a baseline: one test that is slow to wait, one that memory ends, one that passes. */
export function gridResults(runs = 10): Results {
  const next = chance(7)
  const shares = [0.1, 0.25, 0.5, 1]
  const sizes = [64, 128, 256]
  const cells = shares.flatMap((share) => sizes.map((size) => ({ share, size })))
  const baseline = Array.from({ length: 5 }, (_, number) => ({ number, phase: 'baseline' as const, share: 2, size: 4096 }))
  const grid = cells
    .flatMap((cell) => Array.from({ length: runs }, () => cell))
    .map((cell, at) => ({ ...cell, phase: 'grid' as const, number: 5 + at }))
  const attempts = [...baseline, ...grid].map(({ number, phase, share, size }) => {
    const knobs: Knobs = phase === 'baseline' ? {} : { cpu: { share, periodMs: 1000 }, memory: size * MiB, seed: 1000 + number }
    const late = next() < 0.9 - share * 1.5
    const isKilled = size < 100 && next() < 0.4
    const wallMs = 300 / Math.min(1, share) + next() * 200
    return attempt({
      number,
      phase,
      knobs,
      tests: tests
        .map((name, at) => testResult(name, at === 1 && late ? [saved(share)] : [], { line: [4, 12, 31][at] as number }))
        .slice(0, isKilled ? 2 : 3),
      usage: { wallMs, cpuMs: 250 + next() * 80, memoryPeakBytes: isKilled ? size * MiB : (70 + next() * 30) * MiB },
      result: {
        ...(isKilled && {
          end: 'killed',
          caps: [{ limit: 'memory', words: `killed by its memory cap of ${size} MiB (peak ${size} MiB)`, fatal: true }],
        }),
        output: late || isKilled ? 'stdout | src/cart.test.ts\nsaving the cart …\n' : '',
      },
    })
  })
  const late = attempts.filter(({ result }) => result.tests[1]?.state === 'failed')
  const killed = attempts.filter(({ result }) => result.end === 'killed')
  const at = (share: number) => attempts.filter(({ order }) => order.knobs.cpu?.share === share)
  const effects: KnobEffect[] = shares.map((share) => ({
    knobs: printKnobs({ cpu: { share, periodMs: 1000 } }),
    names: ['cpu'],
    ...rate(late.filter((one) => at(share).includes(one)).length, at(share).length),
    amplification: [14, 9, 3, 1][shares.indexOf(share)] as number,
    p: 0.001,
    pCorrected: 0.004,
    guilty: share < 0.5,
  }))
  const wait = {
    class: 'async wait' as const,
    evidence: ['It fails with cpu=0.25 and passes without.', 'The assertion comes 40 ms after a timer of 50 ms.'],
  }
  const recipe = { cpu: { share: 0.25, periodMs: 1000 }, seed: 77 }
  return results({
    startedAt: '2026-01-02T03:04:05.000Z',
    finishedAt: '2026-01-02T03:08:15.000Z',
    attempts,
    tests: [
      verdict({
        name: tests[1] as string,
        verdict: 'FLAKY',
        ...rate(late.length, attempts.length),
        effects,
        recipe: { text: printRecipe(recipe), knobs: recipe, ...rate(9, 10) },
        cause: wait,
      }),
      verdict({
        name: tests[2] as string,
        line: 31,
        verdict: 'KILLED',
        ...rate(killed.length, attempts.length),
        cause: { class: 'resources', evidence: ['It was killed by its memory cap of 64 MiB, and never by one of 128 MiB.'] },
        recipe: { text: 'n1:memory=64M,seed=1003', knobs: { memory: 64 * MiB, seed: 1003 }, ...rate(4, 10) },
      }),
      verdict({ name: tests[0] as string, line: 4, ...rate(0, attempts.length) }),
    ],
    clusters: [clusterOf(late, wait)],
  })
}

function saved(share: number): AttemptError {
  const message = "expected 'unsaved' to be 'saved' // Object.is equality"
  return error(message, {
    stack: `AssertionError: ${message}\n    at src/cart.test.ts:16:25\n    at src/cart.ts:8:3 <share ${share}>`,
    diff: '- Expected\n+ Received\n\n- saved\n+ unsaved',
  })
}

function clusterOf(failures: readonly Attempt[], cause: Cluster['cause']): Cluster {
  const knobs = Object.groupBy(failures, ({ order }) => printKnobs(order.knobs))
  return {
    id: 'c1f3a9',
    error: "AssertionError: expected 'unsaved' to be 'saved'",
    signature: 'AssertionError: expected <text> to be <text>\n    at src/cart.test.ts',
    failures: failures.length,
    tests: [`src/cart.test.ts > ${tests[1]}`],
    knobs: Object.fromEntries(Object.entries(knobs).map(([text, those = []]) => [text, those.length])),
    cause,
  }
}
