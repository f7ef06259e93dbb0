// A directory and processes that go with this process, however it ends.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Not below /dev, where a guest has its own. */
export class Throwaway {
  readonly directory: string = mkdtempSync(join(tmpdir(), 'nsbox-lab-'))
  /** Lives on when this process is killed, and knows it by the end of its input. */
  private readonly guard: ChildProcess = spawn('bash', [fileURLToPath(new URL('guard.sh', import.meta.url)), this.directory], {
    detached: true,
    stdio: ['pipe', 'inherit', 'inherit'],
  })

  path(name: string): string {
    return join(this.directory, name)
  }

  /** In a session of its own: Ctrl+C in a terminal does not reach it, the guard does. */
  spawn([program = '', ...words]: readonly string[]): ChildProcess {
    const child = spawn(program, words, { cwd: this.directory, detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
    this.guard.stdin?.write(`+ ${child.pid}\n`)
    child.once('exit', () => this.guard.stdin?.write(`- ${child.pid}\n`))
    return child
  }

  async close(): Promise<void> {
    this.guard.stdin?.end()
    if (this.guard.exitCode === null && this.guard.signalCode === null) await once(this.guard, 'exit')
  }
}
