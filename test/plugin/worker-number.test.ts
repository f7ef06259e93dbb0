// Promise: NSBOX_WORKER is a number that no other worker has at the same time, in whatever vitest process.

import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import { fixture, oneVitest, seedSuite } from '../support/vitest-project.ts'
import { vitestRun } from '../support/vitest-run.ts'

/** Workers of every kind on one side. */
const ofEveryKind = 7

/**
 * Workers connect and say which side they are on. On one side they are of every kind, and are let go once the other side is here; there they
 * stay until all of the first side have been here. Returns the port.
 */
async function startMeeting(): Promise<number> {
  const waiting: Record<string, Socket[]> = { one: [], other: [] }
  const letGo = (side: string) => {
    for (const each of waiting[side]?.splice(0) ?? []) each.end()
  }
  let arrived = 0
  const server = createServer((socket) => {
    socket.on('data', (data) => {
      const side = data.toString()
      waiting[side]?.push(socket)
      if (side === 'one') arrived++
      if (waiting['other']?.length) letGo('one')
      if (arrived === ofEveryKind) for (const each of ['one', 'other']) letGo(each)
    })
  })
  onTestFinished(() => void server.close())
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return (server.address() as AddressInfo).port
}

describe.each(oneVitest)('$name', (version) => {
  const files = fixture('worker-number')
  const holds = files['a.test.ts'] as string
  const project = seedSuite(version, { ...files, 'b.test.ts': holds, 'c.test.ts': holds })

  test('in two processes at once, with workers that are forked, that are launched cold, and that serve several files', async () => {
    const port = await startMeeting()
    const start = (side: string, args: string[]) => vitestRun(project, args, { env: { MEETING_PORT: String(port), MEETING_SIDE: side } })
    const runs = await Promise.all([start('one', []), start('other', ['--project=forked'])])
    for (const run of runs) {
      expect(run.failures, run.output).toEqual({})
      expect(run.exitCode, run.output).toBe(0)
    }
    expect(runs.map(({ output }) => Number(/Tests +(\d+) passed/.exec(output)?.[1]))).toEqual([ofEveryKind, 3])
  })
})
