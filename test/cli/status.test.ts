// Promise: whoever reads the lines of --status-fd late has them whole, and the command does not wait for that.

import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, constants, openSync, readSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { childrenOf } from '../../src/sys/descendants.ts'
import { CommandPlace } from '../support/command-place.ts'
import { until } from '../support/processes.ts'

let place: CommandPlace
beforeAll(() => {
  place = new CommandPlace()
})
afterAll(() => place.remove())

/** Fills a pipe to its last byte. Returns how many it takes. */
function fill(fd: number): number {
  let filled = 0
  for (const size of [1 << 16, 1]) {
    try {
      for (;;) filled += writeSync(fd, Buffer.alloc(size, '-'))
    } catch (error) {
      expect((error as NodeJS.ErrnoException).code).toBe('EAGAIN')
    }
  }
  return filled
}

/** All that lies in a pipe. */
function drain(fd: number): string {
  const [text, buffer] = [[] as string[], Buffer.alloc(1 << 16)]
  try {
    for (;;) text.push(buffer.toString('utf8', 0, readSync(fd, buffer)))
  } catch (error) {
    expect((error as NodeJS.ErrnoException).code).toBe('EAGAIN')
  }
  return text.join('')
}

test.each([
  ['does not block', constants.O_NONBLOCK],
  ['blocks', 0],
])('a pipe that is full and %s', async (_, flag) => {
  const path = join(place.root, `status-${flag}`)
  execFileSync('mkfifo', [path])
  const [reader, writer] = [constants.O_RDWR | constants.O_NONBLOCK, constants.O_RDWR | flag].map((flags) => openSync(path, flags)) as [
    number,
    number,
  ]
  onTestFinished(() => [reader, writer].forEach(closeSync))
  const filled = fill(reader)
  const words = ['nsbox', 'run', '--status-fd', '3', '--timeout', '100ms', '--', 'sleep', '1000'] as const
  const nsbox = place.spawn([...words], { stdio: ['ignore', 'ignore', 'ignore', writer] })
  onTestFinished(() => void nsbox.kill('SIGKILL'))
  const ended = once(nsbox, 'exit')
  await until(() => childrenOf(nsbox.pid as number).length > 0)
  // Its timeout has ended it, though nobody has read that it began.
  await until(() => childrenOf(nsbox.pid as number).length === 0)
  const lines: string[] = []
  await until(() => {
    lines.push(drain(reader))
    return nsbox.exitCode !== null
  })
  lines.push(drain(reader))
  expect(await ended).toEqual([143, null])
  const said = lines.join('').slice(filled).trimEnd().split('\n')
  expect(said.map((line) => (JSON.parse(line) as { type: string }).type)).toEqual(['started', 'ended'])
})
