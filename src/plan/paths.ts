// Comparing absolute paths.

/** True when `path` is `directory` or lies below it. */
export function isWithin(path: string, directory: string): boolean {
  return path === directory || path.startsWith(directory.endsWith('/') ? directory : `${directory}/`)
}

/** Each path once, so that none comes before one it lies below. */
export function byLength(paths: readonly string[]): string[] {
  return [...new Set(paths)].sort((a, b) => a.length - b.length || (a < b ? -1 : 1))
}

/** The paths without those that lie below another, shortest first. A path stays if one of `between` lies between the two. */
export function outermost(paths: readonly string[], between: readonly string[] = []): string[] {
  const sorted = byLength(paths)
  return sorted.filter((path, index) => {
    const outer = innermost(sorted.slice(0, index), path)
    return outer === undefined || between.some((other) => other !== outer && isWithin(other, outer) && isWithin(path, other))
  })
}

/** The longest path that is or holds `path`. */
export function innermost(paths: readonly string[], path: string): string | undefined {
  return byLength(paths.filter((outer) => isWithin(path, outer))).at(-1)
}

/** True when any of the paths lies below `directory`. */
export function isAroundAny(paths: readonly string[], directory: string): boolean {
  return paths.some((path) => path !== directory && isWithin(path, directory))
}
