// `nsbox run` and `nsbox shell`.

import { dirname } from 'node:path'
import { boundPath } from '../config/flag-values.ts'
import { parseRunFlags, type RunFlags } from '../config/run-flags.ts'
import { configError, errorFromData } from '../errors.ts'
import { jsonText, quoted, shellWord } from '../quoted.ts'
import { exitStatus, FAILED } from '../run/exit-status.ts'
import { dieWithParent, exitNow } from '../sys/process.ts'
import { afterwards, checkBeforehand } from './afterwards.ts'
import { describeEnd } from './describe-end.ts'
import { sealedHelp } from './help.ts'
import type { Asked } from './last-failed.ts'
import { descriptorsOf, mentionedDescriptors } from './named-descriptors.ts'
import { requireOrders } from './orders.ts'
import { print } from './print.ts'
import { namingFlags } from './request-here.ts'
import { restartUnless } from './restart.ts'
import { runHere } from './run-here.ts'
import { StatusLines } from './status.ts'

/** Answers the exit code. @throws NsboxError for what is wrong before anything runs */
export async function run(words: string[]): Promise<number> {
  const flags = await parseRunFlags(words, 'nsbox run')
  if (flags.help) return printHelp('run')
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
  if (flags.help) return printHelp('shell')
  const command = flags.command.length > 0 ? flags.command : [process.env['SHELL'] || '/bin/sh']
  return runCommand({ ...flags, command }, asked)
}

async function runCommand(given: RunFlags, asked?: Asked): Promise<number> {
  const { controlFd } = given.output
  requireOrders(controlFd)
  restartUnless('single-threaded', descriptorsOf(given))
  const flags = asked ? await (await import('./last-failed.ts')).inStateOf(given, asked) : given
  if (flags.dieWithParent) dieWithParent()
  const status = new StatusLines(flags.output.statusFd)
  const places = checkBeforehand(flags.changes)
  const ended = await namingFlags(flags.sandbox, () => runHere(flags, status))
  const { report, unreplaced, signals, release } = ended
  let whole = report
  try {
    const said = describeEnd(report)
    if (said !== undefined) console.error(`nsbox: ${said}`)
    if (report.exitCode !== 0) tellOfMentioned(flags.command)
    if (unreplaced.length > 0) tellOfUnreplaced(unreplaced)
    whole = await afterwards(flags, ended, places)
    status.post({ type: 'ended', ...whole })
    if (flags.output.json) print(jsonText(whole), 'stderr')
  } finally {
    await release()
    status.flush()
  }
  // What else failed was told with it.
  if (signals.exitCode !== undefined) return exitNow(signals.exitCode)
  if (whole.error && !report.error) throw errorFromData(whole.error)
  // At once: node takes milliseconds to put away what the kernel puts away anyhow.
  return exitNow(exitStatus(whole) || (status.hasFailed ? FAILED : 0))
}

/** Names descriptors that a script which failed may have needed. */
function tellOfMentioned(command: readonly string[]): void {
  for (const fd of mentionedDescriptors(command))
    console.error(
      `nsbox: file descriptor ${fd} is open here, but the command does not have it. Only an argument /dev/fd/${fd} passes it on.`,
    )
}

function tellOfUnreplaced(files: readonly string[]): void {
  for (const path of files) {
    const why = 'is a bound file: it can be written to, but not replaced by rename (EBUSY)'
    console.error(`nsbox: ${quoted(path)} ${why}. Bind its directory instead: --bind ${shellWord(boundPath(dirname(path)))}`)
  }
}

function printHelp(command: 'run' | 'shell'): number {
  print(sealedHelp(command))
  return 0
}
