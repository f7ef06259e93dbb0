import { expect, test } from 'vitest'
import { cgroupPlace } from '../../../src/cgroup/place.ts'

const v2 = (path: string, root = '/') => ({ path, root, type: 'cgroup2', device: '0:38', source: 'cgroup2' })

test.each([
  ['v2', [v2('/sys/fs/cgroup')], '0::/user.slice/a.scope\n', { version: 'v2', own: '/sys/fs/cgroup/user.slice/a.scope' }],
  ['v2 in a cgroup namespace', [v2('/sys/fs/cgroup')], '0::/\n', { version: 'v2', own: '/sys/fs/cgroup' }],
  ['a mount of a part', [v2('/c', '/docker/1')], '0::/docker/1/leaf\n', { version: 'v2', own: '/c/leaf' }],
  ['outside of what is mounted', [v2('/c', '/docker/1')], '0::/docker/2\n', { version: 'v2', own: undefined }],
  [
    'hybrid',
    [v2('/sys/fs/cgroup/unified')],
    '4:memory:/\n1:name=systemd:/\n0::/\n',
    { version: 'hybrid', mount: '/sys/fs/cgroup/unified' },
  ],
  ['v1', [], '4:memory:/\n1:name=systemd:/\n', { version: 'v1', mount: undefined, own: undefined }],
  ['none', [], '', { version: 'none', mount: undefined, own: undefined }],
])('%s', (_, mounts, own, expected) => {
  expect(cgroupPlace(mounts, own)).toMatchObject(expected)
})
