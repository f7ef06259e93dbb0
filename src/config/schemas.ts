// Pieces that several schemas share.

import * as z from 'zod/mini'

export const hostname: z.ZodMiniString = z
  .string()
  .check(
    z.regex(
      /^[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?$/,
      'a host name has letters, digits and hyphens, 63 at most, and no hyphen at its ends',
    ),
  )

/** Fields of a schema; what parsing them answers is stated by types beside it. */
export type Shape = Record<string, z.ZodMiniType>

export const absolutePath: z.ZodMiniString = z.string().check(z.startsWith('/', 'it must be an absolute path'))

/** A word or a variable of a program. @throws TypeError that says what is allowed */
export function programText(value: unknown): string {
  if (typeof value !== 'string') throw new TypeError('it must be a text')
  if (value.includes('\0')) throw new TypeError('it has a NUL, and a program would get what stands before it')
  if (!value.isWellFormed()) throw new TypeError('it has a lone surrogate, which cannot be written in UTF-8')
  return value
}

/** Whatever `parse` makes of a value; the message of what it throws says what is allowed. */
export function quantity<T>(parse: (value: unknown) => T): z.ZodMiniType<T, unknown> {
  return z.pipe(
    z.unknown(),
    z.transform((value, context) => {
      try {
        return parse(value)
      } catch (error) {
        context.issues.push({ code: 'custom', message: (error as Error).message, input: value })
        return z.NEVER
      }
    }),
  )
}
