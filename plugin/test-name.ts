// What a test is called in results.

import type { TestCase } from 'vitest/node'

/** With the names of its suites: `suite > parses`. */
export function nameOf(test: TestCase): string {
  const names = [test.name]
  for (let { parent } = test; parent.type === 'suite'; parent = parent.parent) names.unshift(parent.name)
  return names.join(' > ')
}
