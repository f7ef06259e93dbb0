import { expect, test } from 'vitest'
import { commonGround } from '../../../src/plan/common-ground.ts'
import { nothingReached } from '../../../src/plan/reach.ts'

const host = { uid: 1000, gid: 1000, mappable: null, subordinate: { uid: [], gid: [] } }
const request = { reach: nothingReached, directory: '/tmp/common', cwd: '/home/me/project' }

test('sandboxes that meet have a directory and a network in common, and nothing is sealed', () => {
  const { namespaces, steps } = commonGround({ ...request, disk: 1 << 20 }, host)
  expect(namespaces).toEqual(['user', 'mount', 'net'])
  expect(steps.map((step) => step.do)).toEqual(['map-ids', 'private-mounts', 'tmpfs', 'loopback', 'interface', 'chdir'])
  expect(steps[0]).toMatchObject({ uid: [{ inside: 1000, outside: 1000, count: 1 }] })
  expect(steps[2]).toMatchObject({ target: '/tmp/common', mode: 0o1777, size: 1 << 20 })
})

test("ports and traffic are those of the network in common, unless that is the host's", () => {
  const reach = { ...nothingReached, forward: [{ listen: 80, to: 80 }] }
  const traffic = { delay: 5, loss: 0, seed: 1 }
  const shaped = commonGround({ ...request, reach, traffic }, host)
  expect(shaped.steps.map((step) => step.do)).toEqual(expect.arrayContaining(['traffic', 'forward']))
  const { namespaces, steps } = commonGround({ ...request, reach: { ...nothingReached, net: 'host' } }, host)
  expect(namespaces).toEqual(['user', 'mount'])
  expect(steps.map((step) => step.do)).not.toContain('loopback')
})
