// class: environment
// mechanism: the machine is expected to have more than one processor
// knob: cores

import { expect, test } from 'vitest'
import { workersFor } from './src/workers.ts'

test('two jobs are done at once', () => {
  expect(workersFor(2)).toBe(2)
})
