#!/usr/bin/env node
// The command's door: picks a command, sets the exit code.

import { readFileSync } from 'node:fs'
import { describeError } from './errors.ts'

/** As env(1) and timeout(1) have it: the tool itself failed. */
const FAILED = 125
const USAGE = 2

const usage = `nsbox: sealed test files and programs for Linux

Usage:
  nsbox vitest [vitest's arguments]   run vitest with every test file in its own sandbox
  nsbox plan                          print the steps that would seal a test file here, and why
  nsbox doctor [--fix | --json]       try what this machine can do, and say what would mend it
  nsbox --help | --version

Options of the sandbox go between: nsbox vitest --nsbox.net=host run src
`

async function main([command, ...words]: string[]): Promise<number | undefined> {
  switch (command) {
    case 'vitest':
      return (await import('../plugin/command.ts')).runVitest(words)
    case 'plan':
      return (await import('../plugin/plan-command.ts')).printPlan(words)
    case 'doctor':
      return (await import('./cli/doctor.ts')).runDoctor(words)
    case '--version':
    case '-v':
      console.log(version())
      return 0
    case '--help':
    case '-h':
    case undefined:
      console.log(usage)
      return command === undefined ? USAGE : 0
    default:
      console.error(`nsbox: unknown command "${command}"\n\n${usage}`)
      return USAGE
  }
}

function version(): string {
  const manifest = readFileSync(new URL('../package.json', import.meta.url), 'utf8')
  return (JSON.parse(manifest) as { version: string }).version
}

try {
  const code = await main(process.argv.slice(2))
  if (code !== undefined) process.exitCode = code
} catch (error) {
  console.error(`nsbox: ${describeError(error)}`)
  process.exitCode = FAILED
}
