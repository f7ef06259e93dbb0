import { expect, test } from 'vitest'
import { mountPoints } from '../../../src/sys/mount-points.ts'

test('fields before and after the optional ones, spaces written as octal', () => {
  const mountinfo =
    '22 1 0:21 / /a\\040b rw,relatime shared:3 master:1 - tmpfs none rw\n' +
    '23 22 0:22 /user.slice /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate\n'
  expect(mountPoints(mountinfo)).toEqual([
    { path: '/a b', root: '/', type: 'tmpfs', device: '0:21', source: 'none' },
    { path: '/sys/fs/cgroup', root: '/user.slice', type: 'cgroup2', device: '0:22', source: 'cgroup2' },
  ])
})
