// results.json, read back and checked.

import { readFileSync } from 'node:fs'
import * as z from 'zod/mini'
import { configError, NsboxError } from '../errors.ts'
import { oneLine, quoted } from '../quoted.ts'
import type { Results } from '../stress/results.ts'
import { parseOptions } from './explain.ts'

const count = z.int().check(z.gte(0, 'it must not be below 0'))
const number = z.number()
const text = z.string()
const time = z.iso.datetime('it must be a time in ISO 8601')
const orNull = <T extends z.ZodMiniType>(type: T) => z.nullable(type)
const knobs = z.object({
  cpu: z.optional(z.object({ share: number, periodMs: number })),
  cores: z.optional(number),
  memory: z.optional(number),
  pids: z.optional(number),
  nofile: z.optional(number),
  inotify: z.optional(number),
  disk: z.optional(number),
  inodes: z.optional(number),
  freeze: z.optional(number),
  uv: z.optional(number),
  net: z.optional(z.literal('none')),
  dns: z.optional(z.literal('none')),
  delay: z.optional(number),
  loss: z.optional(number),
  tz: z.optional(text),
  locale: z.optional(text),
  hostname: z.optional(text),
  uid: z.optional(z.enum(['root', 'caller'])),
  monotonic: z.optional(number),
  boottime: z.optional(number),
  clock: z.optional(z.union([number, text])),
  shuffle: z.optional(z.enum(['tests', 'files', 'all'])),
  twins: z.optional(number),
  seed: z.optional(number),
})
const knobName = z.enum(Object.keys(knobs.shape) as (keyof typeof knobs.shape)[])

const error = z.object({ name: text, message: text, stack: text, diff: z.optional(text), isTimeout: z.boolean() })
const line = orNull(count)

const attempt = z.object({
  number: count,
  phase: z.enum(['baseline', 'sweep', 'grid', 'confirm', 'shrink']),
  order: z.object({ file: text, project: text, knobs, timeoutMs: number, testNamePattern: z.optional(text) }),
  result: z.object({
    end: z.enum(['passed', 'failed', 'killed']),
    tests: z.array(
      z.object({ name: text, state: z.enum(['passed', 'failed', 'skipped']), durationMs: number, errors: z.array(error), line }),
    ),
    errors: z.array(error),
    caps: z.array(z.object({ limit: z.enum(['cpu', 'memory', 'pids', 'time', 'disk']), words: text, fatal: z.boolean() })),
    usage: z.object({ wallMs: number, cpuMs: number, throttledMs: orNull(number), memoryPeakBytes: orNull(number) }),
    held: z.record(text, text),
    notTurned: z.array(z.object({ knob: knobName, why: text })),
    output: text,
  }),
  startedAt: time,
})

const rate = { failed: count, runs: count, interval: z.tuple([number, number]) }
const cause = orNull(
  z.object({
    class: z.enum(['async wait', 'race', 'leak', 'order', 'network', 'clock', 'environment', 'randomness', 'resources']),
    evidence: z.array(text),
  }),
)

const test = z.object({
  ...rate,
  file: text,
  project: text,
  name: orNull(text),
  line,
  verdict: z.enum(['PASS', 'FLAKY', 'BUDGET', 'BROKEN', 'KILLED']),
  baseline: z.object(rate),
  effects: z.array(
    z.object({
      ...rate,
      knobs: text,
      names: z.array(knobName),
      amplification: number,
      p: number,
      pCorrected: number,
      guilty: z.boolean(),
    }),
  ),
  recipe: orNull(z.object({ ...rate, text, knobs })),
  cause,
})

const cluster = z.object({
  id: text,
  error: text,
  signature: text,
  failures: count,
  tests: z.array(text),
  knobs: z.record(text, count),
  cause,
})

const schema = z.object({
  version: z.literal(1),
  nsbox: text,
  node: text,
  vitest: text,
  startedAt: time,
  finishedAt: time,
  machine: z.object({ cpus: number, memoryBytes: number, kernel: text }),
  command: z.array(text),
  seed: number,
  shard: orNull(z.object({ index: count, count })),
  endedEarly: orNull(text),
  attempts: z.array(attempt),
  tests: z.array(test),
  clusters: z.array(cluster),
})

/** @throws NsboxError ERR_NSBOX_CONFIG that names the file, the field and what is wrong with it */
export function readResults(path: string): Results {
  const input = parsed(read(path), path)
  const fail = (problem: string) => configError(`${quoted(path)}: ${problem}`)
  if (typeof input !== 'object' || input === null || Array.isArray(input)) throw fail('it must hold the results of nsbox stress: an object')
  const { version } = input as { version?: unknown }
  if (typeof version === 'number' && version > 1) throw fail(`version is ${version}, of a newer nsbox; this one reads version 1`)
  if (version !== 1) throw fail(`version is ${JSON.stringify(version) ?? 'missing'}; it must be 1, as nsbox stress writes it`)
  try {
    return parseOptions(schema, input, quoted(path))
  } catch (error) {
    throw NsboxError.is(error) ? configError(cut(error.message)) : error
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw configError(`${quoted(path)} cannot be read: ${(error as NodeJS.ErrnoException).code}`)
  }
}

function parsed(text: string, path: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw configError(`${quoted(path)} is not JSON (${oneLine((error as Error).message)}): was it written whole?`)
  }
}

/** Something wrong in each of thousands of attempts is told once or twice. */
function cut(message: string): string {
  return message.length <= 800 ? message : `${message.slice(0, 800)} …`
}
