// Makes globs for `expectedWrites` from the paths that were written.

import { escapedGlob } from './usual-writes.ts'

/** Up to this many files of one directory are listed by name; more become one glob. */
const named = 3

/**
 * `isWhole` is true for directories that hold nothing but output, such as ignored ones. Paths are written as in reports: directories end
 * with a slash.
 */
export function writeGlobs(paths: readonly string[], isWhole: (directory: string) => boolean): string[] {
  const globs = new Set<string>()
  const single = new Map<string, string[]>()
  for (const path of paths) {
    const directory = directoriesAbove(path).find(isWhole)
    if (directory !== undefined) globs.add(`${escapedGlob(directory)}/**`)
    else single.set(parentOf(path), [...(single.get(parentOf(path)) ?? []), path])
  }
  for (const [parent, files] of single) for (const glob of globsWithin(parent, files)) globs.add(glob)
  return [...globs].sort()
}

function globsWithin(parent: string, files: readonly string[]): string[] {
  if (files.length <= named) return files.map((path) => escapedGlob(path.replace(/\/$/, '')))
  const endings = new Set(files.map((path) => /[^/.](\.[^/.]+)$/.exec(path)?.[1]))
  const [ending] = endings
  return [`${escapedGlob(parent)}*${endings.size === 1 && ending !== undefined ? escapedGlob(ending) : ''}`]
}

/** From the outermost to the innermost. node_modules as a whole is never the output of a test. */
export function directoriesAbove(path: string): string[] {
  const names = path.replace(/\/$/, '').split('/').slice(0, -1)
  const all = names.map((_, index) => names.slice(0, index + 1).join('/'))
  return all.filter((directory) => directory !== '' && directory !== '~' && !directory.endsWith('node_modules'))
}

function parentOf(path: string): string {
  return path.slice(0, path.replace(/\/$/, '').lastIndexOf('/') + 1)
}
