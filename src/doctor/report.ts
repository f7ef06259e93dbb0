// A diagnosis in lines for people.

import { styleText } from 'node:util'
import type { Place } from '../host/place.ts'
import type { Remedy } from '../host/remedies/remedy.ts'
import { printable } from '../quoted.ts'
import type { CheckStatus, Diagnosis } from './check.ts'
import { concerned, mendings } from './mending.ts'

const placeNames: Record<Place, string> = {
  sandbox: 'a sandbox of nsbox',
  'github-hosted': 'a runner hosted by GitHub',
  docker: 'a Docker container',
  podman: 'a Podman container',
  kubernetes: 'a Kubernetes pod',
  container: 'a container',
  wsl1: 'WSL 1',
  wsl2: 'WSL 2',
  host: 'a Linux host',
}

const verdicts: Record<Diagnosis['verdict'], string> = {
  ok: 'nsbox works here',
  degraded: 'nsbox works here, but not all of it',
  'cannot-seal': 'nsbox cannot seal anything here',
}

const colours: Record<CheckStatus, 'green' | 'yellow' | 'red'> = { pass: 'green', warn: 'yellow', fail: 'red' }

/** `colour`: only where a terminal shows it. */
export function formatDiagnosis(diagnosis: Diagnosis, colour: boolean): string {
  const { checks, place, verdict } = diagnosis
  const paint = (status: CheckStatus, text: string) => (colour ? styleText(colours[status], text, { validateStream: false }) : text)
  const width = Math.max(...checks.map(({ name }) => name.length))
  const lines = checks.flatMap(({ status, name, detail, effect }) => [
    `${paint(status, status.toUpperCase())}  ${name.padEnd(width)}  ${printable(detail)}`,
    ...(effect ? [`${' '.repeat(width + 8)}${effect}`] : []),
  ])
  const mended = mendings(diagnosis).flatMap((mending) => [
    '',
    `${concerned(mending.for)}: ${mending.remedy.why}.`,
    ...steps(mending.remedy),
  ])
  const count = (status: CheckStatus) => checks.filter((check) => check.status === status).length
  const worst = verdict === 'ok' ? 'pass' : verdict === 'degraded' ? 'warn' : 'fail'
  const conclusion = `${verdicts[verdict]} (${placeNames[place]}): PASS ${count('pass')}, WARN ${count('warn')}, FAIL ${count('fail')}.`
  return [...lines, ...mended, '', paint(worst, conclusion)].join('\n')
}

function steps({ commands, where, note, instead }: Remedy): string[] {
  const head = where === 'outside' && commands.length > 0 ? ['  Where it was started:'] : []
  const blunt = instead ? [`  Or, ${instead.why}:`, ...indent(instead.commands)] : []
  return [...head, ...indent(commands), ...(note ? [`  ${note}`] : []), ...blunt]
}

function indent(commands: readonly string[]): string[] {
  return commands.flatMap((command) => command.split('\n')).map((line) => `    ${line}`)
}
