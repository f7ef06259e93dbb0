// How a child process ended and what it said.

import type { ChildProcess } from 'node:child_process'

export interface Outcome {
  ok: boolean
  stdout: string
  /** Why it is not ok, in one line: its own words where it had some. */
  said: string
}

/** After this long the child is killed, in milliseconds. */
const limit = 10_000

/** Never rejects. */
export function outcomeOf(child: ChildProcess): Promise<Outcome> {
  const overdue = setTimeout(() => child.kill('SIGKILL'), limit)
  const [stdout, stderr] = [collect(child.stdout), collect(child.stderr)]
  return new Promise((resolve) => {
    const settle = (ok: boolean, how: string) => {
      clearTimeout(overdue)
      resolve({ ok, stdout: stdout(), said: telling(stderr()) ?? how })
    }
    child.once('error', (error) => settle(false, error.message))
    child.once('close', (code, signal) => settle(code === 0, `ended with ${signal ?? `exit code ${code}`}`))
  })
}

function collect(stream: ChildProcess['stdout']): () => string {
  const chunks: Buffer[] = []
  stream?.on('data', (chunk: Buffer) => chunks.push(chunk))
  return () => Buffer.concat(chunks).toString()
}

/** node's error among its frame of source and stack, else the first line. */
function telling(text: string): string | undefined {
  const lines = text.split('\n').filter((line) => line.trim() !== '')
  return lines.find((line) => /^\w*Error\b/.test(line)) ?? lines[0]
}
