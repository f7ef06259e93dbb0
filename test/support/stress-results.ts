// Results of a campaign that never was, for what shows them.

import type { AttemptError, AttemptOrder, AttemptResult, AttemptUsage, TestResult } from '../../src/stress/attempt.ts'
import { clustersOf } from '../../src/stress/clusters.ts'
import type { Knobs } from '../../src/stress/knobs.ts'
import type { Attempt, Rate, Results, TestVerdict } from '../../src/stress/results.ts'
import { wilson } from '../../src/stress/statistics.ts'
import { verdictsOf } from '../../src/stress/verdicts.ts'

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
    command: ['stress', 'src/cart.test.ts', '--cpu', '0.1,0.25,1'],
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

/**
 * A grid of CPU caps by memory caps after a baseline: one test that is slow to wait, a file that memory ends, tests that pass. Then it is
 * confirmed, and shrunk.
 */
export function gridResults(runs = 10): Results {
  const next = chance(7)
  const cells = [0.1, 0.25, 0.5, 1].flatMap((share) => [64, 128, 256].map((size) => ({ share, size })))
  const baseline = Array.from({ length: 5 }, () => ({ phase: 'baseline' as const, share: 2, size: 4096 }))
  const grid = cells.flatMap((cell) => Array.from({ length: runs }, () => ({ ...cell, phase: 'grid' as const })))
  const confirm = Array.from({ length: 10 }, () => ({ phase: 'confirm' as const, share: 0.1, size: 256 }))
  const shrink = Array.from({ length: 10 }, () => ({ phase: 'shrink' as const, share: 0.25, size: 4096 }))
  const attempts = [...baseline, ...grid, ...confirm, ...shrink].map(({ phase, share, size }, number) => {
    const knobs: Knobs = {
      ...(share < 2 && { cpu: { share, periodMs: 1000 } }),
      ...(size < 4096 && { memory: size * MiB }),
      ...(phase !== 'baseline' && { seed: 1000 + number }),
    }
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
  return results({ attempts, tests: verdictsOf(attempts), clusters: clustersOf(attempts) })
}

function saved(share: number): AttemptError {
  const message = "expected 'unsaved' to be 'saved' // Object.is equality"
  return error(message, {
    stack: `AssertionError: ${message}\n    at src/cart.test.ts:16:25\n    at src/cart.ts:8:3 <share ${share}>`,
    diff: '- Expected\n+ Received\n\n- saved\n+ unsaved',
  })
}

/** Names, messages and output that want to be something else than text. */
export function hostileResults(): Results {
  const evil =
    '<img src=x onerror="document.title=1">\'"&amp;</script><!-- ]]> \u202e\x00\x1b[31mred\x1b[0m\x07 \ud800 %0A::error::x | `code`'
  const file = 'src/<b>\'"/a,b:c|d.test.ts'
  const long = 'a-name-without-any-blank-'.repeat(12)
  const attempts = Array.from({ length: 8 }, (_, number) =>
    attempt({
      number,
      phase: number < 3 ? 'baseline' : 'sweep',
      file,
      knobs: number < 3 ? {} : { freeze: 64, tz: 'Asia/Kathmandu', locale: 'tr_TR', shuffle: 'tests', seed: 9 },
      tests: [
        testResult(
          `${evil} > 100 %`,
          number < 3 ? [] : [error(evil, { name: evil, stack: `${evil}\n    at ${long}:1:2`, diff: `- ${evil}\n+ ${long}` })],
        ),
        testResult(long, number === 5 ? [error(long)] : []),
      ],
      result: { output: `${evil}\n${long}\n`, notTurned: [{ knob: 'delay', why: evil }] },
    }),
  )
  const cause = { class: 'race' as const, evidence: [evil, long] }
  return results({
    attempts,
    tests: verdictsOf(attempts).map((test) => ({ ...test, cause })),
    clusters: clustersOf(attempts).map((cluster) => ({ ...cluster, cause })),
    command: ['stress', evil, long],
    endedEarly: evil,
  })
}
