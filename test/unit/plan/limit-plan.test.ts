// Promise: each limit goes to the kernel where its controller is, to what stands in for it otherwise, and is missing with its reason.

import { describe, expect, test } from 'vitest'
import { limitPlan } from '../../../src/plan/limit-plan.ts'
import type { Limits } from '../../../src/plan/limits.ts'

const all: Required<Limits> = {
  cpu: { share: 0.25, periodMs: 20 },
  cpuWeight: 50,
  cpus: [0, 2],
  memory: 1 << 20,
  memoryHigh: 1 << 19,
  pids: 20,
  io: [{ device: '8:0', rbps: 1000, wiops: 5 }],
  hugetlb: { '2MB': 1 << 21 },
}
const controllers = ['cpu', 'cpuset', 'memory', 'pids', 'io', 'hugetlb']

describe('limits', () => {
  test('by cgroup: the files in the order in which they are written', () => {
    const { writes, emulated, missing } = limitPlan(all, { controllers, why: '', emulation: true })
    expect(writes.map(({ file, value }) => `${file} ${value}`)).toEqual([
      'cpu.max 5000 20000',
      'cpu.weight 50',
      'cpuset.cpus 0,2',
      'memory.max 1048576',
      'memory.swap.max 0',
      'memory.oom.group 1',
      'memory.high 524288',
      'pids.max 21',
      'io.max 8:0 rbps=1000 wiops=5',
      'hugetlb.2MB.max 2097152',
    ])
    expect([emulated, missing]).toEqual([{}, []])
  })

  test('what systemd gives users by itself: the rest is emulated, or missing with its reason', () => {
    const means = { controllers: ['cpu', 'memory', 'pids'], why: 'the scope has cpu, memory, pids', emulation: true }
    const { emulated, held, missing } = limitPlan(all, means)
    expect(emulated).toEqual({ cpus: [0, 2] })
    expect(held).toMatchObject({ cpu: 'cgroup cpu.max', cpus: 'sched_setaffinity' })
    expect(missing.map(({ limit, why }) => `${limit}: ${why}`)).toEqual([
      'io: no cgroup with the controller io (the scope has cpu, memory, pids), and nothing stands in for it',
      'hugetlb: no cgroup with the controller hugetlb (the scope has cpu, memory, pids), and nothing stands in for it',
    ])
  })

  test('without a cgroup', () => {
    const { writes, emulated } = limitPlan(all, { controllers: [], why: 'none', emulation: true })
    expect(writes).toEqual([])
    expect(Object.keys(emulated)).toEqual(['cpu', 'cpuWeight', 'cpus', 'memory', 'pids'])
  })

  test('where nothing may stand in', () => {
    const { held, missing } = limitPlan(all, { controllers: [], why: 'none', emulation: false })
    expect(held).toEqual({})
    expect(missing.map(({ limit }) => limit)).toEqual(Object.keys(all))
  })

  test('null lifts a limit', () => {
    const lifted = { cpu: null, memory: null, pids: null, cpus: null, cpuWeight: null, memoryHigh: null }
    const { writes } = limitPlan(lifted, { controllers, why: '', emulation: true })
    expect(writes.map(({ file, value }) => `${file} ${value}`)).toEqual([
      'cpu.max max',
      'memory.max max',
      'pids.max max',
      'cpuset.cpus ',
      'cpu.weight 100',
      'memory.high max',
    ])
    expect(limitPlan(lifted, { controllers: [], why: '', emulation: true }).emulated).toMatchObject({ cpu: null, memory: null })
  })
})
