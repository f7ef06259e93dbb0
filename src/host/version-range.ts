// The few forms of version ranges that nsbox's own package.json uses.

/** For ranges such as `^22.18 || ^24.11 || >=26`. A pre-release counts as its release. */
export function satisfies(version: string, range: string): boolean {
  return range.split('||').some((part) => satisfiesOne(numbers(version), part.trim()))
}

function satisfiesOne(version: number[], part: string): boolean {
  const bound = numbers(part.replace(/^(\^|>=)/, ''))
  return isAtLeast(version, bound) && (!part.startsWith('^') || version[0] === bound[0])
}

/** True when the version is before everything that the range has. */
export function isBefore(version: string, range: string): boolean {
  return range.split('||').every((part) => !isAtLeast(numbers(version), numbers(part.trim().replace(/^(\^|>=)/, ''))))
}

function isAtLeast(version: number[], bound: number[]): boolean {
  for (const [index, least] of bound.entries()) {
    const part = version[index] ?? 0
    if (part !== least) return part > least
  }
  return true
}

function numbers(version: string): number[] {
  const [release = ''] = version.replace(/^v/, '').split(/[-+]/)
  return release.split('.').map(Number)
}
