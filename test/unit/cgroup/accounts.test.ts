// Promise: what the files of a cgroup say is read, and what they do not say is null.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { holds } from '../../../src/cgroup/in-force.ts'
import { usageOf } from '../../../src/cgroup/usage.ts'

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'nsbox-test-'))
})
afterEach(() => rmSync(directory, { recursive: true }))

function write(files: Record<string, string>): void {
  for (const [file, text] of Object.entries(files)) writeFileSync(join(directory, file), text)
}

test('all controllers', () => {
  write({
    'cpu.stat': 'usage_usec 30\nuser_usec 20\nsystem_usec 10\nnr_periods 5\nnr_throttled 2\nthrottled_usec 700\n',
    'memory.peak': '4096\n',
    'memory.current': '2048\n',
    'memory.events': 'low 0\nhigh 0\nmax 3\noom 1\noom_kill 2\noom_group_kill 1\n',
    'pids.peak': '7\n',
    'pids.events': 'max 4\n',
    'io.stat': '8:0 rbytes=10 wbytes=20 rios=1 wios=2 dbytes=0 dios=0\n8:16 rbytes=5 wbytes=0 rios=1 wios=0 dbytes=0 dios=0\n254:0 \n',
    'cpu.pressure': 'some avg10=0.00 avg60=0.00 avg300=0.00 total=11\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=12\n',
    'memory.pressure': 'some avg10=0.00 avg60=0.00 avg300=0.00 total=13\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=14\n',
    'io.pressure': 'some avg10=0.00 avg60=0.00 avg300=0.00 total=15\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=16\n',
  })
  expect(usageOf(directory)).toEqual({
    userMicros: 20,
    systemMicros: 10,
    throttledMicros: 700,
    periods: 5,
    throttledPeriods: 2,
    memoryPeak: 4096,
    oomKills: 2,
    pidsPeak: 7,
    pidsRefused: 4,
    io: { readBytes: 15, writeBytes: 20, reads: 2, writes: 2 },
    pressure: { cpu: { some: 11, full: 12 }, memory: { some: 13, full: 14 }, io: { some: 15, full: 16 } },
  })
})

test('no controller', () => {
  write({ 'cpu.stat': 'usage_usec 30\nuser_usec 20\nsystem_usec 10\n' })
  expect(usageOf(directory)).toMatchObject({
    userMicros: 20,
    throttledMicros: null,
    memoryPeak: null,
    pidsPeak: null,
    io: null,
    pressure: null,
  })
})

test.each([
  ['cpu.max', '5000 20000', '5000 20000', true],
  ['cpu.max', 'max', 'max 100000', true],
  ['cpu.max', '5000 20000', 'max 100000', 'max 100000'],
  ['memory.max', '1000000', '999424', true],
  ['memory.max', '1000000', '1003520', '1003520'],
  ['memory.max', '1000000', 'max', 'max'],
  ['pids.max', '20', '20', true],
  ['pids.max', '20', '21', '21'],
  ['io.max', '8:0 rbps=1000', '8:0 rbps=1000 wbps=max riops=max wiops=max', true],
  ['io.max', '8:0 rbps=1000', '', '8:0 {}'],
])('%s: asked for %s, the kernel holds %s', (file, asked, held, answer) => {
  write({ [file]: `${held}\n` })
  expect(holds(directory, file, asked)).toBe(answer)
})

test('processors that the cgroup above has not', () => {
  write({ 'cpuset.cpus': '0-3\n', 'cpuset.cpus.effective': '0-1\n' })
  expect(holds(directory, 'cpuset.cpus', '0,1,2,3')).toBe('0-1')
  expect(holds(directory, 'cpuset.cpus', '0,1')).toBe(true)
})
