// How a child process ended and what it said.

import type { ChildProcess } from 'node:child_process'
import { answerLimit, noAnswer } from './answer-limit.ts'

export interface Outcome {
  ok: boolean
  /** True when it gave no answer in time and was killed: then nothing is known, and no remedy fits. */
  isLate: boolean
  stdout: string
  /** Why it is not ok, in one line: its own words where it had some. */
  said: string
}

/** Never rejects. */
export function outcomeOf(child: ChildProcess): Promise<Outcome> {
  let isLate = false
  const overdue = setTimeout(() => {
    isLate = child.kill('SIGKILL')
    // What it has started may hold them open.
    for (const stream of [child.stdout, child.stderr]) stream?.destroy()
  }, answerLimit)
  const [stdout, stderr] = [collect(child.stdout), collect(child.stderr)]
  return new Promise((resolve) => {
    const settle = (ok: boolean, how: string) => {
      clearTimeout(overdue)
      resolve({ ok, isLate, stdout: stdout(), said: isLate ? noAnswer : (telling(stderr()) ?? how) })
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
