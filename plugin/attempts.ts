// What a campaign's worker processes run, one task after the other: tinypool imports this.

import type { AttemptResult, AttemptTask, CampaignSetting, Found } from '../src/stress/attempt.ts'
import { AttemptRunner } from './attempt-runner.ts'

/** Kept warm for all tasks of a campaign. */
let runner: { setting: string; started: Promise<AttemptRunner> } | undefined

// It is tinypool's, and would be there for tests.
delete process.env['TINYPOOL_WORKER_ID']
// The campaign is over, or was killed: what a global setup has started is to end with it.
process.once('SIGTERM', leave)
process.once('disconnect', leave)
// A terminal sends it to all of the campaign, which knows what to end and what to report.
process.on('SIGINT', () => undefined)

export default async function attempts(task: AttemptTask): Promise<Found | AttemptResult> {
  const running = await runnerFor(task.setting)
  return task.do === 'find' ? running.find() : running.run(task.order)
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

/** Nobody is left who would kill it for taking longer, in milliseconds. */
const patience = 5000

function leave(): void {
  setTimeout(() => process.exit(), patience).unref()
  void close(runner?.started).finally(() => process.exit())
}
