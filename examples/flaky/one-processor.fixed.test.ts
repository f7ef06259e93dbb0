// class: environment
// mechanism: the number of processors is handed in
// knob: cores

import { expect, test } from 'vitest'
import { workersFor } from './src/workers.ts'

test('two jobs are done at once', () => {
  expect(workersFor(2, 8)).toBe(2)
  expect(workersFor(2, 1)).toBe(1)
})
