// The list that lies in the directory of what test files have left.

import * as z from 'zod/mini'
import { parseOptions } from './explain.ts'
import { absolutePath } from './schemas.ts'

export interface FailedList {
  version: 1
  /** Where vitest ran. */
  cwd: string
  files: FailedFile[]
}

export interface FailedFile {
  /** Absolute. */
  file: string
  failed: boolean
  /** Name of a directory of kept changes beside the list. */
  directory: string
  /** What its environment had that the caller's had not, or had otherwise. */
  env: Record<string, string>
}

const schema = z.object({
  version: z.literal(1),
  cwd: absolutePath,
  files: z.array(
    z.object({
      file: absolutePath,
      failed: z.boolean(),
      directory: z.string().check(z.regex(/^\d+$/, 'it must be a number')),
      env: z.record(z.string(), z.string()),
    }),
  ),
})

/** @throws NsboxError ERR_NSBOX_CONFIG */
export function failedList(input: unknown, where: string): FailedList {
  return parseOptions(schema, input, where)
}
