// Runs the commands of one block in one bash, and keeps what each printed.

import { once } from 'node:events'
import type { CommandPlace } from './command-place.ts'
import type { TranscriptCommand } from './transcript.ts'

/** Between outputs: the exit code between two NULs. Commands share one pipe for stdout and stderr, so that lines are in order. */
const script = 'exec 2>&1; for command; do eval "$command"; printf "\\0%d\\0" $?; done'

/** What each command printed, and `[exit N]`: as transcripts have it. */
export async function outputsOf(commands: readonly TranscriptCommand[], place: CommandPlace, signal: AbortSignal): Promise<string[][]> {
  const words = ['bash', '-c', script, 'bash', ...commands.map(({ source }) => source)] as [string, ...string[]]
  const shell = place.spawn(words, { stdio: ['ignore', 'pipe', 'inherit'] })
  signal.addEventListener('abort', () => process.kill(-(shell.pid as number), 'SIGKILL'))
  const chunks: Buffer[] = []
  shell.stdout?.on('data', (chunk: Buffer) => chunks.push(chunk))
  const [status] = (await once(shell, 'close')) as [number | null]
  const parts = Buffer.concat(chunks).toString().split('\0')
  const outputs = commands.map((_, index) => withExit(place.shown(parts[2 * index] ?? ''), parts[2 * index + 1]))
  if (status !== 0) outputs.push([`[bash ended: ${status}]`])
  return outputs
}

function withExit(output: string, code: string | undefined): string[] {
  const lines = output === '' ? [] : output.replace(/\n$/, '').split('\n')
  return code === '0' ? lines : [...lines, `[exit ${code ?? 'missing'}]`]
}
