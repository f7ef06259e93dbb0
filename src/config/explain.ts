// Makes sentences of what zod finds: the field, the value, what is allowed, the nearest right name.

import * as z from 'zod/mini'
import { configError } from '../errors.ts'
import { suggest } from './suggest.ts'

/** What a field is called to whoever wrote it. */
export type FieldName = (path: readonly PropertyKey[]) => string

const dotted: FieldName = (path) => path.join('.')

/** @throws NsboxError ERR_NSBOX_CONFIG that lists everything wrong at once */
export function parseOptions<T extends z.ZodMiniObject>(schema: T, input: unknown, where: string, name: FieldName = dotted): z.output<T> {
  const result = z.safeParse(schema, input ?? {}, { reportInput: true })
  if (result.success) return result.data
  const known = Object.keys(schema.shape)
  const problems = result.error.issues.flatMap((issue) => explain(issue, known, name))
  throw configError(`${where}: ${problems.join('; ')}`)
}

function explain(issue: z.core.$ZodIssue, known: readonly string[], name: FieldName): string[] {
  const field = name(issue.path) || 'options'
  const given = JSON.stringify(issue.input)
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => `unknown option "${key}"${suggest(key, known)}; known options are ${known.join(', ')}`)
    case 'invalid_value': {
      const values = issue.values.map((value) => `"${String(value)}"`)
      return [`${field} is ${given}${suggest(String(issue.input), issue.values.map(String))}; it must be one of ${values.join(', ')}`]
    }
    case 'invalid_type':
      return [`${field} is ${given}; it must be ${kindWords[issue.expected] ?? `of type ${issue.expected}`}`]
    case 'invalid_key':
      return issue.issues.map(({ message }) => `${field}: ${message}`)
    default:
      return [`${field} is ${given}: ${issue.message}`]
  }
}

const kindWords: Record<string, string> = {
  int: 'a whole number',
  number: 'a number',
  string: 'a text',
  object: 'an object',
  array: 'a list',
}
