// Comparing absolute paths.

/** True when `path` is `directory` or lies below it. */
export function isWithin(path: string, directory: string): boolean {
  return path === directory || path.startsWith(directory.endsWith('/') ? directory : `${directory}/`)
}

/** Each path once, so that none comes before one it lies below. */
export function byLength(paths: readonly string[]): string[] {
  return [...new Set(paths)].sort((a, b) => a.length - b.length || (a < b ? -1 : 1))
}

/** The paths without those that lie below another, shortest first. */
export function outermost(paths: readonly string[]): string[] {
  const sorted = byLength(paths)
  return sorted.filter((path, index) => !sorted.slice(0, index).some((outer) => isWithin(path, outer)))
}
