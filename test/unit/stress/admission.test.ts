import { expect, test } from 'vitest'
import { Admission } from '../../../src/stress/admission.ts'
import { forSandboxes, jobsFor, shareOf } from '../../../src/stress/machine-share.ts'

const gib = 1024 ** 3

/** Notes the names of what was admitted, in order. */
function line(admission: Admission) {
  const admitted: string[] = []
  const releases = new Map<string, () => void>()
  const ask = (name: string, cpus: number, memoryBytes = 0) =>
    void admission.take({ cpus, memoryBytes }).then((release) => {
      admitted.push(name)
      releases.set(name, release)
    })
  const settled = () => new Promise<void>((resolve) => setImmediate(resolve))
  return { admitted, ask, settled, release: (name: string) => releases.get(name)?.() }
}

test('what is running never adds up to more than there is', async () => {
  const { admitted, ask, settled, release } = line(new Admission(100, { cpus: 1, memoryBytes: gib }))
  for (let number = 0; number < 12; number++) ask(`${number}`, 0.1)
  await settled()
  expect(admitted).toHaveLength(10)
  release('3')
  await settled()
  expect(admitted).toHaveLength(11)
})

test('memory counts as processors do', async () => {
  const { admitted, ask, settled } = line(new Admission(100, { cpus: 8, memoryBytes: gib }))
  for (const name of ['a', 'b', 'c']) ask(name, 1, gib / 2)
  await settled()
  expect(admitted).toEqual(['a', 'b'])
})

test('no more at once than there are places', async () => {
  const { admitted, ask, settled } = line(new Admission(2, { cpus: 8, memoryBytes: gib }))
  for (const name of ['a', 'b', 'c']) ask(name, 0.1)
  await settled()
  expect(admitted).toEqual(['a', 'b'])
})

test('what needs more than there is has the whole, alone', async () => {
  const { admitted, ask, settled, release } = line(new Admission(8, { cpus: 2, memoryBytes: gib }))
  ask('big', 64, 64 * gib)
  ask('small', 0.1)
  await settled()
  expect(admitted).toEqual(['big'])
  release('big')
  await settled()
  expect(admitted).toEqual(['big', 'small'])
})

test('who needs little does not pass who came before and needs much', async () => {
  const { admitted, ask, settled, release } = line(new Admission(8, { cpus: 2, memoryBytes: gib }))
  ask('first', 1)
  ask('whole', 2)
  ask('little', 0.1)
  await settled()
  expect(admitted).toEqual(['first'])
  release('first')
  await settled()
  expect(admitted).toEqual(['first', 'whole'])
})

test('the share of an attempt is its caps, or what was measured and some', () => {
  const order = { file: 'a.test.ts', project: '', timeoutMs: 1000 }
  expect(shareOf({ ...order, knobs: {} }, 100 * 1024 ** 2)).toEqual({ cpus: 1, memoryBytes: 125 * 1024 ** 2 })
  expect(shareOf({ ...order, knobs: { cpu: { share: 0.25, periodMs: 100 }, memory: gib } }, 1)).toEqual({ cpus: 0.25, memoryBytes: gib })
  expect(shareOf({ ...order, knobs: { twins: 2, memory: gib } }, undefined)).toEqual({ cpus: 2, memoryBytes: 2 * gib })
})

test('as many jobs as there are processors, and memory for', () => {
  expect(jobsFor({ cpus: 4, memoryBytes: 32 * gib })).toBe(4)
  expect(jobsFor({ cpus: 64, memoryBytes: 4 * gib })).toBe(6)
  expect(jobsFor({ cpus: 64, memoryBytes: 1 })).toBe(1)
  expect(forSandboxes({ cpus: 4, memoryBytes: 1 }, 1).memoryBytes).toBeGreaterThan(0)
})
