// All remedies as one shell script, to be read before it is run.

import type { Remedy } from '../host/remedies/remedy.ts'
import type { Diagnosis } from './check.ts'
import { concerned, type Mending, mendings } from './mending.ts'

export function fixScript(diagnosis: Diagnosis): string {
  const found = mendings(diagnosis)
  if (found.length === 0) {
    return diagnosis.verdict === 'ok'
      ? '# nsbox doctor: there is nothing to fix here.'
      : '# nsbox doctor: what is wrong here has no known remedy.'
  }
  const head = [
    '#!/bin/sh',
    '# What nsbox doctor would have you change here. Read it, strike out what you do not want, then run it.',
    'set -eu',
  ]
  return [...head, ...found.flatMap(section)].join('\n')
}

function section({ remedy, for: names }: Mending): string[] {
  const { why, commands, where, note, instead } = remedy
  return [
    '',
    `# ${concerned(names)}: ${why}.`,
    ...(note ? [`# ${note}`] : []),
    ...(where === 'outside' ? commented(commands, 'Not here, but where this container or machine is started:') : commands),
    ...(instead ? commented(instead.commands, `Or, ${instead.why}:`) : []),
  ]
}

function commented(commands: Remedy['commands'], head: string): string[] {
  if (commands.length === 0) return []
  return [`# ${head}`, ...commands.flatMap((command) => command.split('\n')).map((line) => `#   ${line}`)]
}
