// `nsbox run` and `nsbox shell`.

import { parseRunFlags, type RunFlags } from '../config/run-flags.ts'
import { configError, errorFromData } from '../errors.ts'
import { exitStatus } from '../run/exit-status.ts'
import { dieWithParent, exitNow } from '../sys/process.ts'
import { afterwards, checkBeforehand } from './afterwards.ts'
import { describeEnd } from './describe-end.ts'
import { runHelp } from './help.ts'
import type { Asked } from './last-failed.ts'
import { requireOrders } from './orders.ts'
import { restartUnless } from './restart.ts'
import { runHere } from './run-here.ts'
import { StatusLines } from './status.ts'

/** Answers the exit code. @throws NsboxError for what is wrong before anything runs */
export async function run(words: string[]): Promise<number> {
  const flags = await parseRunFlags(words, 'nsbox run')
  if (flags.help) return printHelp()
  if (flags.command.length === 0) {
    throw configError('nsbox run: there is no command: nsbox run [flags] -- command [arguments]')
  }
  return runCommand(flags)
}

/** An interactive shell, or the one that is named after the flags. */
export async function shell(given: string[]): Promise<number> {
  const { words, asked } = given.some((word) => word.startsWith('--last-failed'))
    ? (await import('./last-failed.ts')).takeLastFailed(given)
    : { words: given }
  const flags = await parseRunFlags(words, 'nsbox shell')
  if (flags.help) return printHelp()
  const command = flags.command.length > 0 ? flags.command : [process.env['SHELL'] || '/bin/sh']
  return runCommand({ ...flags, command }, asked)
}

async function runCommand(given: RunFlags, asked?: Asked): Promise<number> {
  const { controlFd } = given.output
  requireOrders(controlFd)
  restartUnless('single-threaded', controlFd === undefined ? [] : [controlFd])
  const flags = asked ? await (await import('./last-failed.ts')).inStateOf(given, asked) : given
  if (flags.dieWithParent) dieWithParent()
  const status = new StatusLines(flags.output.statusFd)
  checkBeforehand(flags.changes)
  const { report, layers, release } = await runHere(flags, status)
  let whole = report
  try {
    const said = describeEnd(report)
    if (said !== undefined) console.error(`nsbox: ${said}`)
    whole = await afterwards(flags, report, layers)
    status.post({ type: 'ended', ...whole })
    if (flags.output.json) console.error(JSON.stringify(whole))
  } finally {
    await release()
  }
  if (whole.error && !report.error) throw errorFromData(whole.error)
  // At once: node takes milliseconds to put away what the kernel puts away anyhow.
  return exitNow(exitStatus(whole))
}

function printHelp(): number {
  console.log(runHelp())
  return 0
}
