// What a forwarded port costs beside the host's own loopback. Figures, never a verdict.
//   npm run bench:ports -- [--rounds 5] [--size 256]

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { createSandbox } from '../../src/index.ts'
import type { Asked } from './ports-payload.ts'
import { median, printHeader, printTable, repository } from './report.ts'

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '5' }, size: { type: 'string', default: '256' } } })
const payload = join(repository, 'test/bench/ports-payload.ts')

printHeader([`${values.rounds} interleaved rounds, their medians; ${values.size} MiB from the client to the server`])
process.chdir(repository)
const server = spawn(process.execPath, [payload, 'serve'], { stdio: ['ignore', 'pipe', 'inherit'] })
const port = Number(String((await once(server.stdout, 'data'))[0]))
const results = new Map<string, Asked[]>()
try {
  await using host = await createSandbox({ net: 'host' })
  await using forwarded = await createSandbox({ forward: [port] })
  for (let round = 0; round < Number(values.rounds); round++) {
    for (const [name, sandbox, busy] of [
      ["the host's loopback", host, 0],
      ['forward', forwarded, 0],
      ["forward, the host's node busy for 9 of 10 ms", forwarded, 9],
    ] as const) {
      const timer = setInterval(() => spin(busy), 10)
      const { stdout, stderr } = await sandbox.exec([process.execPath, payload, 'ask', String(port), values.size])
      clearInterval(timer)
      if (!stdout) throw new Error(String(stderr))
      results.set(name, [...(results.get(name) ?? []), JSON.parse(stdout) as Asked])
    }
  }
} finally {
  server.kill()
}

const columns: [head: string, field: keyof Asked][] = [
  ['MiB/s, 1 connection', 'one'],
  ['MiB/s, 8', 'eight'],
  ['round trip, µs', 'roundTrip'],
  ['99 %', 'roundTrip99'],
  ['connections/s', 'connections'],
]
printTable(
  ['', ...columns.map(([head]) => head)],
  [...results].map(([name, all]) => [name, ...columns.map(([, field]) => median(all.map((one) => one[field])).toFixed(0))]),
)

/** As vitest's main process is while it transforms files. */
function spin(milliseconds: number): void {
  const end = performance.now() + milliseconds
  while (performance.now() < end);
}
