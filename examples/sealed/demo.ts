// Runs the small suite beside this file, sealed, and looks at the host before and after.

import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const here = fileURLToPath(new URL('.', import.meta.url))
const nsbox = fileURLToPath(new URL('../../dist/cli.cjs', import.meta.url))

const before = projectDigest()
const { status } = spawnSync(process.execPath, [nsbox, 'vitest', 'run', '--maxWorkers=2', '--reporter=verbose'], {
  cwd: here,
  stdio: 'inherit',
})

const facts = {
  'the tests passed, two of them on the same port': status === 0,
  'the project is what it was, to the byte': projectDigest() === before,
  'no process was left behind': !isRunning('98765'),
  'HOME was not written to': !existsSync(join(homedir(), '.nsbox-demo')),
}
for (const [fact, holds] of Object.entries(facts)) console.log(`${holds ? 'yes' : 'NO '}  ${fact}`)
process.exitCode = Object.values(facts).every(Boolean) ? 0 : 1

/** Of every file's path, mode, time of change and content; but vitest keeps its results in node_modules/.vite. */
function projectDigest(): string {
  const hash = createHash('sha256')
  for (const entry of readdirSync(here, { recursive: true, encoding: 'utf8' }).sort()) {
    if (entry.startsWith('node_modules')) continue
    const path = join(here, entry)
    const { mode, mtimeMs } = statSync(path)
    hash.update(`${entry} ${mode} ${mtimeMs}\n`)
    if (statSync(path).isFile()) hash.update(readFileSync(path))
  }
  return hash.digest('hex')
}

function isRunning(argument: string): boolean {
  const processes = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  return processes.some((pid) => {
    const path = `/proc/${pid}/cmdline`
    try {
      return readFileSync(path, 'utf8') === `sleep\0${argument}\0`
    } catch {
      return false // it has ended meanwhile
    }
  })
}
