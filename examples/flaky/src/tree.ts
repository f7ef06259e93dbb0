import { type FSWatcher, mkdirSync, watch } from 'node:fs'
import { join } from 'node:path'

export function makeTree(root: string, directories: number): void {
  for (let number = 0; number < directories; number++) mkdirSync(join(root, `package-${number}`))
}

/** One inotify(7) watch for each directory. */
export function watchTree(root: string, directories: number): FSWatcher[] {
  return Array.from({ length: directories }, (_, number) => watch(join(root, `package-${number}`)))
}
