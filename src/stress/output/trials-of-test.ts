// Looks up what the attempts told of a test that has a verdict.

import type { Attempt, TestVerdict } from '../results.ts'
import { type Trial, trialsOf } from '../trials.ts'

export type TrialsOfTest = (test: Pick<TestVerdict, 'file' | 'project' | 'name'>) => readonly Trial[]

export function trialsOfTest(attempts: readonly Attempt[]): TrialsOfTest {
  const keyOf: (test: Parameters<TrialsOfTest>[0]) => string = ({ file, project, name }) => JSON.stringify([project, file, name])
  const known = new Map(trialsOf(attempts).map((test) => [keyOf(test), test.trials]))
  return (test) => known.get(keyOf(test)) ?? []
}
