// One check's own failure must not hide the others.

import { describeError } from '../errors.ts'
import { type Check, warn } from './check.ts'

/** Never rejects. */
export async function guarded(name: string, run: () => Promise<Check | Check[]> | Check | Check[]): Promise<Check[]> {
  try {
    return [await run()].flat()
  } catch (error) {
    return [warn(name, `could not be tried: ${describeError(error)}`, 'nobody knows what does not work because of it', undefined)]
  }
}
