// What a campaign's worker processes run, one task after the other: each comes as a message, and is answered with one.

import { errorToData, NsboxError } from '../src/errors.ts'
import type { AttemptResult, AttemptTask, CampaignSetting, Found, WorkerAnswer } from '../src/stress/attempt.ts'
import { leaveLimit } from '../src/stress/attempt-relay.ts'
import { AttemptRunner } from './attempt-runner.ts'

/** Kept warm for all tasks of a campaign. */
let runner: { setting: string; started: Promise<AttemptRunner> } | undefined

process.on('message', async (task: AttemptTask) => {
  const answer = await attempt(task).then(
    (result): WorkerAnswer => ({ result }),
    (error): WorkerAnswer => ({ error: dataOf(error) }),
  )
  // The campaign may be over.
  process.send?.(answer, () => undefined)
})
// The campaign is over, or was killed: what a global setup has started is to end with it.
process.once('disconnect', leave)

async function attempt(task: AttemptTask): Promise<Found | AttemptResult> {
  const running = await runnerFor(task.setting)
  return task.do === 'find' ? running.find() : running.run(task.order)
}

/** A structured clone loses the class, and what Vite and others add may not be cloned. */
function dataOf(error: unknown): Extract<WorkerAnswer, { error: unknown }>['error'] {
  if (NsboxError.is(error)) return errorToData(error)
  if (!(error instanceof Error)) return { name: 'Error', message: String(error) }
  const { name, message, stack } = error
  return { name, message, ...(stack !== undefined && { stack }) }
}

/** @throws NsboxError for what is wrong with the setting, or missing on this machine */
async function runnerFor(setting: CampaignSetting): Promise<AttemptRunner> {
  const key = JSON.stringify(setting)
  if (runner?.setting !== key) runner = { setting: key, started: startAfter(runner?.started, setting) }
  return runner.started
}

async function startAfter(before: Promise<AttemptRunner> | undefined, setting: CampaignSetting): Promise<AttemptRunner> {
  await close(before)
  return AttemptRunner.start(setting)
}

async function close(started: Promise<AttemptRunner> | undefined): Promise<void> {
  await (await started?.catch(() => undefined))?.close()
}

/** Nobody may be left who would kill it for taking longer, in milliseconds. */
const patience = leaveLimit - 1000

function leave(): void {
  setTimeout(() => process.exit(), patience).unref()
  void close(runner?.started).finally(() => process.exit())
}
