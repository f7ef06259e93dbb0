// The description that lies in a directory of kept changes.

import * as z from 'zod/mini'
import { configError } from '../errors.ts'
import { quoted } from '../quoted.ts'
import { parseOptions } from './explain.ts'
import { absolutePath as absolute } from './schemas.ts'

export interface KeptDescription {
  version: 1
  /** When it was kept, and when its sandbox was started: ISO 8601. */
  created: string
  started: string
  command: string[]
  /** `upper` is the name of a directory beside the description; the others are absolute. `directories` has inode numbers by relative path. */
  overlays: { target: string; upper: string; lowers: string[]; directories?: Record<string, string> | undefined }[]
  /** What could not be kept, by absolute path. */
  missing?: { path: string; reason: string }[] | undefined
}

const schema = z.object({
  version: z.literal(1),
  created: z.iso.datetime('it must be a time in ISO 8601'),
  started: z.iso.datetime('it must be a time in ISO 8601'),
  command: z.array(z.string()),
  overlays: z.array(
    z.object({
      target: absolute,
      upper: z.string().check(z.regex(/^\d+$/, 'it must be a number')),
      lowers: z.array(absolute).check(z.minLength(1)),
      directories: z.optional(z.record(z.string(), z.string())),
    }),
  ),
  missing: z.optional(z.array(z.object({ path: z.string(), reason: z.string() }))),
})

/** @throws NsboxError ERR_NSBOX_CONFIG */
export function keptDescription(input: unknown, where: string): KeptDescription {
  const fail = (problem: string) => configError(`${quoted(where)}: ${problem}`)
  if (typeof input !== 'object' || input === null || Array.isArray(input))
    throw fail(`it holds ${JSON.stringify(input)}; it must be an object`)
  const { version } = input as { version?: unknown }
  if (typeof version === 'number' && version > 1) throw fail(`version is ${version}, of a newer nsbox; this one reads version 1`)
  if (version !== 1) throw fail(`version is ${JSON.stringify(version)}; it must be 1`)
  return parseOptions(schema, input, quoted(where))
}
