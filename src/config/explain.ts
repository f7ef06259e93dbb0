// Makes sentences of what zod finds: the field, the value, what is allowed, the nearest right name.

import * as z from 'zod/mini'
import { configError } from '../errors.ts'
import { inQuotes, oneLine } from '../quoted.ts'
import { shown } from './shown.ts'
import { suggest } from './suggest.ts'

/** What a field is called to whoever wrote it. */
export type FieldName = (path: readonly PropertyKey[]) => string

const dotted: FieldName = (path) => path.join('.')

/** @throws NsboxError ERR_NSBOX_CONFIG that lists everything wrong at once */
export function parseOptions<T extends z.ZodMiniObject>(schema: T, input: unknown, where: string, name: FieldName = dotted): z.output<T> {
  const result = z.safeParse(schema, input ?? {}, { reportInput: true })
  if (result.success) return result.data
  const problems = result.error.issues.flatMap((issue) => explain(issue, schema, name))
  throw configError(`${where}: ${problems.map(oneLine).join('; ')}`)
}

function explain(issue: z.core.$ZodIssue, schema: z.ZodMiniObject, name: FieldName): string[] {
  const field = name(issue.path) || 'options'
  const given = shown(issue.input)
  switch (issue.code) {
    case 'unrecognized_keys': {
      const known = knownAt(schema, issue.path)
      return issue.keys.map((key) => {
        const unknown = dotted([...issue.path, key])
        return `unknown option ${inQuotes(unknown)}${suggest(key, known)}; known options are ${known.join(', ')}`
      })
    }
    case 'invalid_value': {
      const values = issue.values.map((value) => `"${String(value)}"`)
      const nearest = typeof issue.input === 'string' ? suggest(issue.input, issue.values.map(String)) : ''
      return [`${field} is ${given}${nearest}; it must be one of ${values.join(', ')}`]
    }
    case 'invalid_type':
      return [`${field} is ${given}; it must be ${kindWords[issue.expected] ?? `of type ${issue.expected}`}`]
    case 'invalid_key':
      return issue.issues.map(({ message }) => `${field}: ${message}`)
    default:
      return [`${field} is ${given}: ${issue.message}`]
  }
}

/** The names that an object at this place of the input may have. */
function knownAt(schema: z.core.$ZodType, path: readonly PropertyKey[]): string[] {
  const definition = schema._zod.def as {
    innerType?: z.core.$ZodType
    in?: z.core.$ZodType
    element?: z.core.$ZodType
    shape?: z.core.$ZodShape
  }
  const around = definition.innerType ?? definition.in
  if (around) return knownAt(around, path)
  const [key, ...rest] = path
  if (key === undefined) return Object.keys(definition.shape ?? {})
  const inner = definition.element ?? definition.shape?.[String(key)]
  return inner ? knownAt(inner, rest) : []
}

const kindWords: Record<string, string> = {
  int: 'a whole number',
  number: 'a number',
  string: 'a text',
  object: 'an object',
  array: 'a list',
  record: 'an object',
}
