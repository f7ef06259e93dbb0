// Global setup: dist/cli.cjs is built from the sources that are here.

import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const repository = fileURLToPath(new URL('../..', import.meta.url))

/** What `nsbox` is in tests. */
export const builtCommand: string = join(repository, 'dist/cli.cjs')

export function setup(): void {
  if (existsSync(builtCommand) && newestSource() <= statSync(builtCommand).mtimeMs) return
  try {
    execFileSync(process.execPath, [join(repository, 'node_modules/rolldown/bin/cli.mjs'), '--config'], { cwd: repository, stdio: 'pipe' })
    chmodSync(builtCommand, 0o755)
  } catch (error) {
    throw new Error('dist/cli.cjs is missing or older than its sources, and cannot be built here. Run: npm run build', { cause: error })
  }
}

function newestSource(): number {
  const times = ['src', 'plugin'].flatMap((directory) =>
    readdirSync(join(repository, directory), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => statSync(join(entry.parentPath, entry.name)).mtimeMs),
  )
  return Math.max(...times)
}
