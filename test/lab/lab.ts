// Boots guests whose kernel has cgroup v2, and runs vitest in them as an ordinary user: README.md.

import { join, parse, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { notReported, runGuest } from './guest.ts'
import { missingHere } from './needs.ts'
import { type Guest, guestName, Interrupted, Mistake, type Request } from './request.ts'

const usage = `Usage: npm run lab -- uml|qemu plain|systemd [options] [filters and flags of vitest]
       npm run lab -- all [options] [filters and flags of vitest]

  --project NAME      a project of test/vitest.config.ts (limits); may be given several times
  --bench NAME        instead of vitest, a benchmark of test/bench, with the words that follow
  --results FILE      for vitest's JSON report; \`all\` puts the guest's name before its ending
  --delegate default  to users, the controllers that systemd gives them by itself, instead of all
  --memory SIZE       of the guest (2048M)
  --timeout SECONDS   until the guest has failed (600)
  --kernel DIRECTORY  for qemu, where a kernel package is unpacked (test/lab/kernel)

Flags of vitest follow \`--\`. Exit code: vitest's; ${notReported}: a guest did not report; 125: wrong usage, or something is missing here.
`

/** cpuset, PSI and a second CPU are to be had in qemu alone. */
const all: readonly Guest[] = [
  { machine: 'uml', manager: 'plain' },
  { machine: 'uml', manager: 'systemd' },
  { machine: 'qemu', manager: 'systemd' },
]

// Where an ordinary user's PATH lacks them.
process.env['PATH'] += ':/usr/sbin:/sbin'

try {
  process.exitCode = await main()
} catch (error) {
  if (error instanceof Interrupted) process.kill(process.pid, error.signal)
  else if (!(error instanceof Mistake)) throw error
  else process.stderr.write(`lab: ${error.message}\n`)
  process.exitCode = 125
}

/** The first exit code that is not 0. */
async function main(): Promise<number> {
  const { guests, request } = readArguments()
  const missing = missingHere(guests, request.kernel)
  if (missing.length > 0) throw new Mistake(missing.join('\n'))
  let code = 0
  for (const guest of guests) {
    const results = guests.length > 1 && request.results ? withName(request.results, guestName(guest)) : request.results
    const ended = await runGuest(guest, { ...request, results })
    code ||= ended
  }
  return code
}

function readArguments(): { guests: readonly Guest[]; request: Request } {
  const { values, positionals } = readWords()
  const { guests, words } = takeGuests(positionals)
  const timeout = Number(values.timeout)
  if (!(timeout > 0)) throw new Mistake(`--timeout ${values.timeout}: give seconds, such as 600`)
  if (!/^\d+[MG]$/.test(values.memory)) throw new Mistake(`--memory ${values.memory}: give a size with its unit, such as 2048M`)
  const delegate = values.delegate
  if (delegate !== 'all' && delegate !== 'default') throw new Mistake(`--delegate ${delegate}: give all or default`)
  const results = values.results === undefined ? undefined : resolve(values.results)
  return { guests, request: { ...values, words, delegate, timeout, results, kernel: resolve(values.kernel) } }
}

function readWords() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        project: { type: 'string', multiple: true, default: ['limits'] },
        bench: { type: 'string' },
        results: { type: 'string' },
        delegate: { type: 'string', default: 'all' },
        memory: { type: 'string', default: '2048M' },
        timeout: { type: 'string', default: '600' },
        kernel: { type: 'string', default: join(import.meta.dirname, 'kernel') },
      },
    })
  } catch (error) {
    throw new Mistake(`${(error as Error).message}\n\n${usage}`)
  }
}

function takeGuests([machine, ...words]: string[]): { guests: readonly Guest[]; words: string[] } {
  if (machine === 'all') return { guests: all, words }
  const [manager, ...rest] = words
  if ((machine !== 'uml' && machine !== 'qemu') || (manager !== 'plain' && manager !== 'systemd'))
    throw new Mistake(`which guest?\n\n${usage}`)
  return { guests: [{ machine, manager }], words: rest }
}

function withName(file: string, name: string): string {
  const { dir, name: base, ext } = parse(file)
  return join(dir, `${base}.${name}${ext}`)
}
