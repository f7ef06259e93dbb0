// Run by a test in a single-threaded node of its own, as the command is: a sandbox of this very process under limits, its program a job.
// Arguments: the plan's limits, the project, a shell script. What happens is told on stdout, in order.

import { writeSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'
import { DirectSandbox } from '../../src/launch/direct.ts'
import { Plans } from '../../src/launch/plans.ts'
import { descendants } from '../../src/sys/descendants.ts'
import { requestFor } from './sandbox.ts'

const [limits = '', project = '', script = ''] = process.argv.slice(2)
const { plan } = new Plans(requestFor(project), process.env).next()
const program = { file: '/bin/bash', argv: ['bash', '-c', script], env: { PATH: process.env['PATH'] ?? '' } }
const sandbox = DirectSandbox.launch({ ...plan, emulated: JSON.parse(limits) }, program, {
  scratch: false,
  control: true,
  job: true,
  mapper: undefined,
  cgroup: undefined,
  passed: [],
  ports: undefined,
  onStop: (signal) => void goOn(signal),
})
const { exitCode, emulated } = await sandbox.ended
say(`ended ${exitCode} ${(emulated?.throttledPeriods ?? 0) > 0 ? 'throttled' : 'free'}`)

async function goOn(signal: number): Promise<void> {
  say(`stopped by ${signal}`)
  await setTimeout(200)
  say('go on')
  process.kill(descendants(sandbox.pid)[0] as number, 'SIGCONT')
}

function say(text: string): void {
  writeSync(1, `${text}\n`)
}
