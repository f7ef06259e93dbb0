// Programs of the machine that a test needs.

import { accessSync, constants } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'vitest'

/** Ends the test as skipped, with the program's name as the reason, where it is missing. */
export function needProgram(context: TestContext, program: string): void {
  if (!isOnPath(program)) context.skip(`this machine has no ${program}`)
}

export function isOnPath(program: string): boolean {
  return ['/usr/local/bin', '/usr/bin', '/bin', '/usr/sbin', '/sbin'].some((directory) => {
    try {
      accessSync(join(directory, program), constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}
