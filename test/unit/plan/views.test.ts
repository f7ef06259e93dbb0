import { expect, test } from 'vitest'
import { otherPathsOf } from '../../../src/plan/views.ts'
import type { MountPoint } from '../../../src/sys/mount-points.ts'

const mount = (path: string, device: string, root = '/', type = 'ext4'): MountPoint => ({ path, root, type, device, source: type })
const root = mount('/', '254:0')
const run = mount('/run', '0:25', '/', 'tmpfs')

test('a directory that is a mount: every other mount of the same file system that holds it', () => {
  const mounts = [root, run, mount('/srv/chroot/run', '0:25'), mount('/srv/part', '0:25', '/lock'), mount('/srv/other', '0:26')]
  expect(otherPathsOf('/run', mounts)).toEqual(['/srv/chroot/run'])
})

test('a directory of a disk: bound as it is, or with the directories around it', () => {
  const mounts = [root, mount('/srv/tmp', '254:0', '/tmp'), mount('/mnt', '254:0'), mount('/srv/etc', '254:0', '/etc')]
  expect(otherPathsOf('/tmp', mounts)).toEqual(['/srv/tmp', '/mnt/tmp'])
  expect(otherPathsOf('/var/tmp', mounts)).toEqual(['/mnt/var/tmp'])
})

test('of several mounts at one place the last is the one that is seen', () => {
  const mounts = [root, mount('/tmp', '0:30', '/', 'tmpfs'), mount('/tmp', '0:31', '/', 'tmpfs'), mount('/srv', '0:31')]
  expect(otherPathsOf('/tmp', mounts)).toEqual(['/srv'])
})

test('what lies in the directory itself is hidden with it', () => {
  expect(otherPathsOf('/tmp', [root, mount('/tmp/again', '254:0', '/tmp')])).toEqual([])
})
