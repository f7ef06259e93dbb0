// results.json, read back and checked.

import { readFileSync } from 'node:fs'
import { configError } from '../errors.ts'
import type { Results } from '../stress/results.ts'

/** @throws NsboxError ERR_NSBOX_CONFIG that names the file, the field and what is wrong with it */
export function readResults(path: string): Results {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Results
  } catch (error) {
    throw configError(`${path}: ${(error as Error).message}`)
  }
}
