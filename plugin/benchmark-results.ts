// Results of benchmarks, which vitest 5 keeps in files of the project's choice (`writeResult`).

import { existsSync, readFileSync } from 'node:fs'
import { NsboxError } from '../src/errors.ts'
import { quoted } from '../src/quoted.ts'
import { type MirrorPlaces, mirrorPlace } from './mirror-place.ts'
import { isRecord } from './shapes.ts'

/** All that vitest writes of a result. */
const fields = ['latency', 'throughput', 'period', 'totalTime']

/** Undefined for a result that may be written to a file that is new, or that has another one in it. */
export function refusalOfResult(places: MirrorPlaces, path: string, result: unknown): Error | undefined {
  try {
    const real = mirrorPlace(places, path, 'nobody')
    return real.endsWith('.json') && isResult(result) && (!existsSync(real) || holdsResult(real)) ? undefined : refused(path)
  } catch (error) {
    return error as Error
  }
}

function holdsResult(path: string): boolean {
  try {
    return isResult(JSON.parse(readFileSync(path, 'utf8')))
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
