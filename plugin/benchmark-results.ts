// Results of benchmarks, which vitest 5 keeps in files of the project's choice (`writeResult`).

import { existsSync } from 'node:fs'
import { NsboxError } from '../src/errors.ts'
import { quoted } from '../src/quoted.ts'
import { readReal, writeReal } from '../src/sys/real-file.ts'
import { type MirrorPlaces, mirrorPlace } from './mirror-place.ts'
import { isTree } from './plain-data.ts'
import { isRecord } from './shapes.ts'

/** All that vitest writes of a result. */
const fields = ['latency', 'throughput', 'period', 'totalTime']

/**
 * Writes a result as vitest does, to a file that is new, or that has another one in it. Not by vitest: a sandbox may have put a link into a
 * directory that it was let in to. Answers why it has not.
 */
export function saveResult(places: MirrorPlaces, path: string, result: unknown): Error | undefined {
  try {
    const real = mirrorPlace(places, path, 'nobody')
    if (!real.endsWith('.json') || !isResult(result) || !isTree(result) || (existsSync(real) && !holdsResult(real))) return refused(path)
    writeReal(real, `${JSON.stringify(result, null, 2)}\n`)
    return undefined
  } catch (error) {
    return error as Error
  }
}

function holdsResult(path: string): boolean {
  try {
    return isResult(JSON.parse(readReal(path)))
  } catch {
    return false
  }
}

function isResult(value: unknown): boolean {
  return isRecord(value) && isRecord(value['latency']) && Object.keys(value).every((name) => fields.includes(name))
}

function refused(path: string): NsboxError {
  return new NsboxError(`A result of a benchmark cannot be saved: ${quoted(path)}`, {
    code: 'ERR_NSBOX_MIRROR',
    stage: 'payload',
    hint: 'The file must be new or hold the result of a benchmark, and its name must end with .json.',
  })
}
