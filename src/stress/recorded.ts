// What a campaign has found of a test, for whoever wants to see it again.

import { normalize } from 'node:path'
import type { Results, TestVerdict } from './results.ts'
import { asArgument, parseTestId, printTestId, reproCommand, type TestId } from './test-id.ts'

export type Recorded = TestVerdict & { recipe: NonNullable<TestVerdict['recipe']> }

/** Tests that a recipe is known of. */
export function recordedIn({ tests }: Results): Recorded[] {
  return tests.filter((test): test is Recorded => test.recipe !== null)
}

/** One that is called so: wholly, or by a part of its name that no other has. */
export function recordedOf(results: Results, text: string): Recorded | undefined {
  const all = recordedIn(results)
  const exact = all.find((one) => sameId(one, parseTestId(text)))
  if (exact) return exact
  const near = all.filter((one) => asArgument(printTestId(one)).includes(text))
  return near.length === 1 ? near[0] : undefined
}

/** A line for each, to be copied. */
export function recordedLines(results: Results): string[] {
  return recordedIn(results).map((one) => reproCommand(one, one.recipe.text))
}

function sameId(one: TestId, given: TestId): boolean {
  return one.file === normalize(given.file) && (one.name === null ? null : asArgument(one.name)) === given.name
}
