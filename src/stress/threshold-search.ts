// The first of some steps on which something passes, when a single run tells little.

export interface ThresholdRuns {
  /** On each step of a bisection: few, because the answer is tried again. */
  search: number
  /** Without a failure in so many the answer holds; `upperBound` tells how rare its failures are then. */
  confirm: number
}

/**
 * Bisection: what passes on one step is taken to pass on all above it. The answer is then run `confirm` times, for a low step may pass a
 * few runs by luck: when it fails, the search goes on above it. Answers `length` where no step passes.
 *
 * `passes` is whether a step had no failure in so many runs, those before among them: what has failed once stays failed. So the step
 * below the answer was seen to fail. How often it fails is for the caller to find out: a rare failure there may have another reason.
 */
export async function smallestPassing(
  length: number,
  passes: (index: number, runs: number) => Promise<boolean>,
  { search, confirm }: ThresholdRuns,
): Promise<number> {
  const passed = new Set([length])
  let failing = -1
  for (;;) {
    let passing = Math.min(...[...passed].filter((index) => index > failing))
    while (passing - failing > 1) {
      const middle = (failing + passing) >>> 1
      if (await passes(middle, search)) passing = middle
      else failing = middle
      passed.add(passing)
    }
    if (passing === length || (await passes(passing, confirm))) return passing
    failing = passing
  }
}
