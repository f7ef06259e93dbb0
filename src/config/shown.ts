// Values of options in messages.

import { inspect } from 'node:util'
import { inQuotes, oneLine } from '../quoted.ts'

/** A string in quotes, others as JSON. What JSON has no form for, such as a BigInt or a function, is shown as node shows it. */
export function shown(value: unknown): string {
  if (typeof value === 'string') return inQuotes(value)
  return oneLine(asText(value))
}

function asText(value: unknown): string {
  try {
    const text = JSON.stringify(value) as string | undefined
    if (text !== undefined) return text
  } catch {
    // A BigInt, or an object that holds itself.
  }
  return inspect(value, { depth: 1, breakLength: Number.POSITIVE_INFINITY })
}
