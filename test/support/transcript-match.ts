// Compares what commands printed with a transcript that leaves out what varies.

/** Whether the lines are what was expected: `...` is any lines, `[..]` any text in one. */
export function matches(actual: readonly string[], expected: readonly string[]): boolean {
  const [first, ...rest] = expected
  if (first === undefined) return actual.length === 0
  if (first === '...') return matches(actual, rest) || (actual.length > 0 && matches(actual.slice(1), expected))
  return actual[0] !== undefined && lineMatches(actual[0], first) && matches(actual.slice(1), rest)
}

/** The lines as they were, and as the transcript has them where it leaves something out: for a diff of what differs. */
export function elided(actual: readonly string[], expected: readonly string[]): string[] {
  const patterns = expected.filter((line) => line.includes('[..]'))
  return actual.map((line) => patterns.find((pattern) => lineMatches(line, pattern)) ?? line)
}

function lineMatches(line: string, pattern: string): boolean {
  return new RegExp(
    `^${pattern
      .split('[..]')
      .map((text) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
      .join('.*')}$`,
    's',
  ).test(line)
}
