// What a campaign's worker processes run, one task after the other: tinypool imports this.

import type { AttemptResult, AttemptTask, CampaignSetting, Found } from '../src/stress/attempt.ts'
import { AttemptRunner } from './attempt-runner.ts'

/** Kept warm for all tasks of a campaign. */
let runner: { setting: string; started: Promise<AttemptRunner> } | undefined

export default async function attempts(task: AttemptTask): Promise<Found | AttemptResult> {
  const running = await runnerFor(task.setting)
  return task.do === 'find' ? running.find() : running.run(task.order)
}

/** @throws NsboxError for what is wrong with the setting, or missing on this machine */
async function runnerFor(setting: CampaignSetting): Promise<AttemptRunner> {
  const key = JSON.stringify(setting)
  if (runner?.setting !== key) {
    const before = runner?.started
    runner = { setting: key, started: startAfter(before, setting) }
  }
  return runner.started
}

async function startAfter(before: Promise<AttemptRunner> | undefined, setting: CampaignSetting): Promise<AttemptRunner> {
  await (await before?.catch(() => undefined))?.close()
  return AttemptRunner.start(setting)
}
