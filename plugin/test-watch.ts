// Inside: tells which test runs, before it does.

import { Object, Set } from '../src/untouched.ts'

/** Of vitest's tasks, the part that is read here. */
export interface Task {
  type: string
  id: string
  name: string
  /** With the names of its suites: `suite > parses`. */
  fullTestName?: string
  result?: { state: string }
}

/** With the names of its suites, where vitest has them. */
export function testName({ name, fullTestName = name }: Pick<Task, 'name' | 'fullTestName'>): string {
  return fullTestName
}

/** A test that begins, or nothing when none runs any more. */
export type RunningTest = { id: string; name: string } | null

/**
 * vitest notes in the state of its worker what it runs: a test right before it, then the suite around it.
 * Whatever runner is used, this is where it shows at once.
 */
export function watchTests(state: object, tell: (test: RunningTest) => void): void {
  let current: Task | undefined
  const running = new Set<Task>()
  let told: Task | undefined
  const notice = (test: Task | undefined) => {
    if (test === told) return
    told = test
    tell(test ? { id: test.id, name: testName(test) } : null)
  }
  Object.defineProperty(state, 'current', {
    configurable: true,
    enumerable: true,
    get: () => current,
    set: (task: Task | undefined) => {
      current = task
      if (task?.type === 'test') {
        running.add(task)
        return notice(task)
      }
      // Of several at once vitest does not say which has ended, but their results do.
      for (const test of running) if (test.result && test.result.state !== 'run') running.delete(test)
      notice([...running].at(-1))
    },
  })
}
