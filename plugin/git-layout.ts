// git takes any directory for a repository that looks like one, whatever it is called, and runs what its config names.

import { lstatSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { isWithin } from '../src/plan/paths.ts'

/** git wants `objects` and `refs`; `commondir` names where they are. */
const parts = ['objects', 'refs', 'commondir']

/** True for a file that makes a repository, or lies in one, of which something is there already. `path` is real. */
export function isOfRepository(path: string, workspace: string): boolean {
  if (basename(path) === 'HEAD') return true
  for (
    let [name, around] = [basename(path), dirname(path)];
    isWithin(around, workspace);
    [name, around] = [basename(around), dirname(around)]
  ) {
    const has = (part: string) => part === name || lstatSync(join(around, part), { throwIfNoEntry: false }) !== undefined
    if (lstatSync(join(around, 'HEAD'), { throwIfNoEntry: false })?.isDirectory() === false && parts.some(has)) return true
  }
  return false
}
