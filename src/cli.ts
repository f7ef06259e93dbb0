#!/usr/bin/env -S node --single-threaded
// The command's door: picks a command, sets the exit code.

import { readFileSync } from 'node:fs'
import { describeError } from './errors.ts'
import { inQuotes } from './quoted.ts'
import { FAILED } from './run/exit-status.ts'

const USAGE = 2
/** Commands whose whole help is their lines of the usage. */
const withoutHelp = ['diff', 'apply', 'layers']

async function main([given, ...words]: string[]): Promise<number | undefined> {
  if (words.some((word) => word.includes('\ufffd'))) (await import('./cli/utf8-words.ts')).requireUtf8(words)
  const asksForHelp = words.includes('--help') || words.includes('-h')
  const command = asksForHelp && withoutHelp.includes(given ?? '') ? '--help' : given
  switch (command) {
    case 'run':
      return (await import('./cli/run.ts')).run(words)
    case 'shell':
      return (await import('./cli/run.ts')).shell(words)
    case 'plan':
      return words[0] === 'vitest'
        ? (await import('../plugin/plan-command.ts')).printPlan(words.slice(1))
        : (await import('./cli/plan.ts')).printPlan(words)
    case 'diff':
      return (await import('./cli/kept.ts')).printKeptChanges(words)
    case 'apply':
      return (await import('./cli/kept.ts')).applyKept(words)
    case 'layers':
      return (await import('./cli/kept.ts')).listKept(words)
    case 'vitest':
      ;(await import('./cli/restart.ts')).restartUnless('threaded')
      return (await import('../plugin/command.ts')).runVitest(words)
    case 'repro':
      return campaignCommand(async () => (await import('./cli/repro.ts')).repro(words))
    case 'threshold':
      return campaignCommand(async () => (await import('./cli/threshold.ts')).threshold(words))
    case 'stress':
      return campaignCommand(async () => (await import('./cli/stress.ts')).runStress(words))
    case 'merge':
      return (await import('./cli/merge.ts')).runMerge(words)
    case 'doctor':
      return (await import('./cli/doctor.ts')).runDoctor(words)
    case '--version':
    case '-v':
      ;(await import('./cli/print.ts')).print(version())
      return 0
    case '--help':
    case '-h':
    case undefined:
      ;(await import('./cli/print.ts')).print((await import('./cli/help.ts')).usage)
      return command === undefined ? USAGE : 0
    default:
      console.error(`nsbox: unknown command ${inQuotes(command)}\n\n${(await import('./cli/help.ts')).usage}`)
      return USAGE
  }
}

/** One that makes attempts: worker processes have threads, and exit codes of their own tell what was found. */
async function campaignCommand(act: () => Promise<number>): Promise<number> {
  ;(await import('./cli/restart.ts')).restartUnless('threaded')
  // Progress that cannot be written is lost; as an uncaught error it would end the campaign with another verdict's exit code.
  process.stderr.on('error', () => undefined)
  return (await import('./cli/campaign-exit.ts')).exitCodeOf(act)
}

function version(): string {
  const manifest = readFileSync(new URL('../package.json', import.meta.url), 'utf8')
  return (JSON.parse(manifest) as { version: string }).version
}

/** node ends well, with exit code 0, when nothing is left that could settle what a command waits for. */
function endedUnsettled(): void {
  console.error(
    'nsbox: the command stopped without a result, because what it waited for cannot come any more. Please report this as a bug.',
  )
  process.exitCode = FAILED
}

process.once('beforeExit', endedUnsettled)
main(process.argv.slice(2)).then(
  (code) => {
    process.off('beforeExit', endedUnsettled)
    if (code !== undefined) process.exitCode = code
  },
  (error) => {
    process.off('beforeExit', endedUnsettled)
    const text = describeError(error)
    console.error(text.startsWith('nsbox ') ? text : `nsbox: ${text}`)
    process.exitCode = FAILED
  },
)
