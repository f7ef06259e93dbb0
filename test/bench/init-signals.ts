// Sends signals to the init of `nsbox run` alone while it seals: each run must end well, and none may hang.
//   node test/bench/init-signals.ts [--signals 1000] [--each 1]
// Exits with 1 when a run did not end well.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { command } from '../support/command.ts'
import { signalWhileSealing } from '../support/sealing.ts'

const { values } = parseArgs({ options: { signals: { type: 'string', default: '1000' }, each: { type: 'string', default: '1' } } })
const [wanted, each] = [Number(values.signals), Number(values.each)]
const signals = ['SIGTERM', 'SIGINT', 'SIGQUIT'] as const
/** A run takes a tenth of a second. One that takes this long, in milliseconds, hangs. */
const limit = 60_000
const ends = new Map<string, number>()
let sent = 0

for (let run = 0; sent < wanted; run++) {
  const [program, ...words] = command
  const child = spawn(program, [...words, 'run', '--', 'true'], { stdio: 'ignore' })
  const ended = once(child, 'exit') as Promise<[number | null, string | null]>
  sent += await signalWhileSealing(child.pid as number, signals[run % signals.length] as NodeJS.Signals, each)
  const [code, signal] = (await Promise.race([ended, delay(limit, undefined, { ref: false })])) ?? [null, 'hangs']
  if (signal === 'hangs') child.kill('SIGKILL')
  const end = signal ?? `exit code ${code}`
  ends.set(end, (ends.get(end) ?? 0) + 1)
}

console.log(`${sent} signals, ${[...ends].map(([end, count]) => `${count} × ${end}`).join(', ')}`)
process.exitCode = ends.size === 1 && ends.has('exit code 0') ? 0 : 1
