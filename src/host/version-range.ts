// The few forms of version ranges that nsbox's own package.json uses.

interface Version {
  numbers: number[]
  /** `5.0.0-beta.2` comes before `5.0.0`. */
  isPrerelease: boolean
}

/** For ranges such as `^22.18 || ^24.11 || >=26`. A pre-release of a newer version than the range's first is in it. */
export function satisfies(version: string, range: string): boolean {
  return range.split('||').some((part) => satisfiesOne(parsed(version), part.trim()))
}

function satisfiesOne(version: Version, part: string): boolean {
  const { numbers: bound } = parsed(part.replace(/^(\^|>=)/, ''))
  return isAtLeast(version, bound) && (!part.startsWith('^') || version.numbers[0] === bound[0])
}

/** True when the version is before everything that the range has. */
export function isBefore(version: string, range: string): boolean {
  return range.split('||').every((part) => !isAtLeast(parsed(version), parsed(part.trim().replace(/^(\^|>=)/, '')).numbers))
}

function isAtLeast({ numbers, isPrerelease }: Version, bound: readonly number[]): boolean {
  const difference = numbers.map((number, index) => number - (bound[index] ?? 0)).find((one) => one !== 0)
  return difference === undefined ? !isPrerelease : difference > 0
}

function parsed(version: string): Version {
  const [, release = '', prerelease] = /^v?([\d.]*)(-[^+]*)?/.exec(version) ?? []
  return { numbers: release.split('.').map(Number), isPrerelease: prerelease !== undefined }
}
