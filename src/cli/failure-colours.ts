// Colours of a failure, where a terminal shows them.

import { styleText } from 'node:util'
import type { Paint } from '../stress/failure-text.ts'

type Format = Parameters<typeof styleText>[0]

/** vitest's: what was expected is green, as if it had been taken away. */
const formats: Record<Parameters<Paint>[0], Format> = {
  label: ['bold', 'inverse', 'red'],
  message: ['bold', 'red'],
  expected: 'green',
  received: 'red',
  place: 'cyan',
  source: 'gray',
}

export function paintFor({ isTTY }: { isTTY?: boolean }): Paint {
  const isShown = isTTY === true && !process.env['NO_COLOR']
  return (part, text) => (isShown ? styleText(formats[part], text, { validateStream: false }) : text)
}
