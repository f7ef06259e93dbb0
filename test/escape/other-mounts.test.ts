// @module-tag root
// The host's devices, processes, interfaces and private directories are out of reach at every place they are mounted at.
//
// The mounts are made in namespaces of the test's own and end with it.

import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { afterAll, describe, expect, onTestFinished, test } from 'vitest'
import { command } from '../support/command.ts'
import { isRoot } from '../support/doctor.ts'
import { Place } from '../support/place.ts'
import { programPath } from '../support/sandbox.ts'

const place = new Place()
afterAll(() => place.remove())
const chroot = join(place.outside, 'chroot')
const inHome = join(place.home, 'chroot')
const name = `nsbox-shared-${process.pid}`

/** What a chroot or a container beside nsbox has mounted. Only root may make devices. */
const mounts = `
mount --make-rprivate /
mkdir -p ${chroot}/dev ${chroot}/proc ${chroot}/sys ${chroot}/tmp ${chroot}/queues ${chroot}/disk ${inHome}/proc ${inHome}/sys
mount -t tmpfs -o dev tmpfs ${chroot}/disk
${isRoot ? `mknod -m 666 ${chroot}/disk/zero c 1 5; mknod -m 666 ${chroot}/disk/fuse c 10 229` : ''}
mount --rbind /dev ${chroot}/dev; mount --rbind /proc ${chroot}/proc; mount --rbind /sys ${chroot}/sys; mount --bind /tmp ${chroot}/tmp
mount --rbind /proc ${inHome}/proc; mount --rbind /sys ${inHome}/sys
mount -t mqueue mqueue ${chroot}/queues; touch ${chroot}/queues/queue
touch ${chroot}/status ${inHome}/status; mount --bind /proc/1/status ${chroot}/status; mount --bind /proc/1/status ${inHome}/status
touch /tmp/${name} /dev/shm/${name}`

/** One line for each thing that is found. */
const looks = `
for root in ${chroot} ${inHome}; do
  cd $root || exit 1
  for device in dev/zero dev/null dev/tty dev/ptmx dev/pts/ptmx dev/fuse dev/kvm dev/console dev/loop0 dev/net/tun disk/zero disk/fuse; do
    (exec 3< $device) 2> /dev/null && echo "device $device"
  done
  [ -z "$(ls proc)" ] || echo "processes in $root"
  grep -q Pid status 2> /dev/null && echo "status in $root"
  ls sys/class/net 2> /dev/null | sed 's/^/interface /'
done
cd ${chroot}
ls tmp dev/shm | grep ${name}
ls queues
exit 0`

/** The script, before it in this place: the words that start it. */
function inSituation(words: readonly string[], { from = place.project, more = ':' } = {}): string {
  const flags = [...(isRoot ? [] : ['--user', '--map-root-user']), '--mount', '--ipc']
  const script = ['set -e', more, mounts, `trap 'rm -f /tmp/${name} /dev/shm/${name}' EXIT`, `cd ${from}`, '"$@"'].join('\n')
  const { stdout, stderr, status } = spawnSync('unshare', [...flags, '/bin/sh', '-c', script, 'situation', ...words], {
    env: { PATH: programPath, HOME: place.home },
    encoding: 'utf8',
  })
  expect(status, stderr).toBe(0)
  return stdout
}
const run = (flags: readonly string[], script: string, options?: Parameters<typeof inSituation>[1]) =>
  inSituation([...command, 'run', ...flags, '--', '/bin/sh', '-c', script], options)

test('without a sandbox they are found', () => {
  const seen = inSituation(['/bin/sh', '-c', looks]).split('\n')
  const expected = [
    'device dev/zero',
    `processes in ${chroot}`,
    `processes in ${inHome}`,
    `status in ${chroot}`,
    'interface lo',
    name,
    'queue',
  ]
  expect(seen).toEqual(expect.arrayContaining(isRoot ? [...expected, 'device disk/zero'] : expected))
})

describe('in a sandbox they are not', () => {
  test.each([
    ['that keeps the root', []],
    ['with parts of the host at other places', ['--ro-bind', `${chroot}:/mnt`, '--bind', chroot]],
    ['with the directory under an overlay', ['--overlay', '.', '--overlay', chroot]],
  ])('%s', (_, flags) => expect(run(flags, looks)).toBe(''))

  test('with another root', () => {
    const rootfs = join(place.root, 'rootfs')
    mkdirSync(join(rootfs, 'mnt'), { recursive: true })
    const system = ['/usr', '/bin', '/sbin', '/lib', '/lib64'].flatMap((path) => ['--ro-bind', path])
    const flags = ['--rootfs', rootfs, ...system, '--ro-bind', chroot, '--ro-bind', inHome]
    expect(run(flags, looks)).toBe('')
  })
})

test('what procfs had for a process that is gone can be mounted still: nothing is seen there, and nothing fails', () => {
  const [directory, within, file] = ['gone', 'gone-fd', 'gone-status']
  const more = [chroot, inHome].map(
    (at) => `
mkdir -p ${at}/${directory} ${at}/${within}; touch ${at}/${file}
sleep 1000 & gone=$!
mount --bind /proc/$gone ${at}/${directory}; mount --bind /proc/$gone/fd ${at}/${within}; mount --bind /proc/$gone/status ${at}/${file}
kill $gone; wait $gone || :`,
  )
  const script = `for at in ${chroot} ${inHome}; do ls $at/${directory}; ls $at/${within}; cat $at/${file}; done 2> /dev/null; ls ${chroot}/proc; echo end`
  expect(run([], script, { more: more.join('\n') })).toBe('end\n')
})

test('interfaces are hidden where a container covers parts of /sys, and no other may be mounted', () => {
  const script = 'cd /sys; ls class/net devices/virtual/net; cat class/net/*/address; [ -d kernel ] && echo the rest'
  expect(run([], script, { more: 'mount -t tmpfs tmpfs /sys/firmware' })).toBe('class/net:\n\ndevices/virtual/net:\nthe rest\n')
})

test('a project that lies in another mount of a private directory stays a project', () => {
  // A name of its own: other users run these tests in the same /tmp.
  const project = mkdtempSync('/tmp/nsbox-project-')
  onTestFinished(() => rmSync(project, { recursive: true }))
  writeFileSync(join(project, 'file'), 'seen')
  const at = join(chroot, project)
  expect(run([], `cat file; echo x > file; pwd; ls ${chroot}/tmp`, { from: at })).toBe(`seen${at}\n${basename(project)}\n`)
})

describe('a device that is named is let in', () => {
  test.each([
    ['by itself', `/dev/zero:${place.project}/zero`, `${place.project}/zero`],
    ['with its directory', '/dev:/mnt', '/mnt/zero'],
  ])('%s', (_, bind, path) => expect(run(['--ro-bind', bind], `head -c 2 ${path} | od -An -tx1`)).toBe(' 00 00\n'))
})
