// Attempts by links: in the project, in a layer, in another root, and of /proc, to what lies below the mounts.

import { mkdirSync, readdirSync, readFileSync, readlinkSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sandboxOptions } from '../../src/config/run-schema.ts'
import { sandboxRequest } from '../../src/run/request.ts'
import { Place } from '../support/place.ts'
import { Bench } from '../support/sandbox.ts'
import { describeTree } from '../support/tree.ts'

const place = new Place()
const { project, outside } = place
const rootfs = join(place.root, 'rootfs')
/** Of init, when it changes its directory: what it holds has low numbers. */
const handles = Array.from({ length: 40 }, (_, index) => index + 3)
/** A system in it runs programs of the host. */
const system = ['/usr', '/lib', '/lib64', '/bin'].flatMap((path) => ['--ro-bind', path])

beforeAll(() => {
  writeFileSync(join(project, 'secret'), 'secret')
  mkdirSync(rootfs)
  for (const directory of ['tmp', 'run', 'var/tmp', 'proc', 'dev', 'usr', 'lib', 'lib64', 'bin', 'etc'])
    mkdirSync(join(rootfs, directory), { recursive: true })
  for (const directory of [project, rootfs]) {
    symlinkSync(outside, join(directory, 'out'))
    symlinkSync(`../../../../../../../../${outside}`, join(directory, 'up'))
    symlinkSync('/proc/self/cwd', join(directory, 'cwd'))
    symlinkSync('/proc/1/root', join(directory, 'root'))
    for (const fd of handles) symlinkSync(`/proc/self/fd/${fd}`, join(directory, `fd-${fd}`))
  }
})
afterAll(() => {
  expect(describeTree(outside).length).toBe(2)
  expect(readFileSync(join(outside, 'kept'), 'utf8')).toBe('kept')
  place.remove()
})

describe('a working directory that is a link', () => {
  async function outputs(options: object, cwds: string[], script: string): Promise<string[]> {
    const request = await sandboxRequest(sandboxOptions(options, 'test'), project)
    const bench = new Bench({ request })
    try {
      const runs: string[] = []
      for (const cwd of cwds) runs.push((await bench.sh(script, { change: { cwd } })).stdout)
      return runs
    } finally {
      await bench.close()
    }
  }

  test("to a handle of init's, past a mask", async () => {
    const cwds = handles.map((fd) => join(project, `fd-${fd}`))
    const runs = await outputs(
      { masks: [join(project, 'secret')] },
      cwds,
      'cat secret project/secret ./*/secret 2>/dev/null; ls -d [0-9]/upper',
    )
    expect(runs.join('')).toBe('')
  })

  test("to a handle of init's, out of another root", async () => {
    const binds = ['/usr', '/lib', '/lib64', '/bin'].map((source) => ({ source, readOnly: true }))
    const cwds = handles.map((fd) => `/fd-${fd}`)
    const runs = await outputs({ rootfs, binds }, cwds, `cat ./etc/passwd ./${outside}/kept kept 2>/dev/null; ls -d home root 2>/dev/null`)
    expect(runs.join('')).toBe('')
  })

  test.each(['cwd', 'root'])('to where init is: %s', async (link) => {
    const { stdout } = await place.run(['--mask', join(project, 'secret'), '--cwd', join(project, link)], 'cat secret')
    expect(stdout).toBe('')
  })
})

describe('a target that is below a link', () => {
  test.each(['out', 'up'])('to outside: a mount point is not made there, by %s', async (link) => {
    const runs = [
      ['--bind', `${project}:${project}/${link}/new`],
      ['--ro-bind', `${project}/file:${project}/${link}/new`],
      ['--tmpfs', `${project}/${link}/new`],
    ].map((flags) => place.run(flags, 'true'))
    for (const { exitCode, stderr } of await Promise.all(runs))
      expect([exitCode, stderr]).toEqual([125, expect.stringMatching(/EROFS|ENOENT|read-only inside/)])
  })

  test.each(['/', '/proc/self/root', '/.'])('to the root, as %s: it does not become writable', async (target) => {
    const { exitCode, stderr } = await place.run(['--bind', `${project}:${target}`], 'touch /nsbox-escape')
    expect([exitCode, stderr]).toEqual([125, expect.stringContaining('is the root')])
  })

  test('to a handle: nothing of the host becomes writable', async () => {
    const request = await sandboxRequest(sandboxOptions({}, 'test'), project)
    const bench = new Bench({ request })
    try {
      for (const fd of handles) {
        const mounts = [{ kind: 'bind' as const, source: project, target: join(project, `fd-${fd}`), writable: true }]
        const run = { ...(request.run as NonNullable<typeof request.run>), mounts }
        const { stdout } = await bench.sh(`touch /nsbox-escape ${outside}/new /etc/nsbox-escape 2>/dev/null; ls /nsbox-escape ${outside}`, {
          change: { run },
        })
        expect(['kept\n', `${outside}:\nkept\n`, '']).toContain(stdout)
      }
    } finally {
      await bench.close()
    }
    expect(readdirSync(outside)).toEqual(['kept'])
  })
})

describe('what is masked', () => {
  const masked = ['--mask', join(project, 'secret')]
  test.each([
    ['read', 'cat secret'],
    ['read through its root', `cat /proc/self/root${project}/secret`],
    ["read through init's root", `cat /proc/1/root${project}/secret`],
    ['uncovered', `umount secret; umount -l ${project}/secret; cat secret`],
    ['removed', 'rm -f secret; cat secret'],
    ['renamed', 'mv secret seen; cat secret seen'],
    ['linked', 'ln secret seen; cat seen'],
    ['moved with its directory', 'cd ..; mv project elsewhere; cat elsewhere/secret project/secret'],
    ['copied up', 'echo x >> secret; cat secret'],
  ])('is not %s', async (_, script) => {
    expect((await place.run(masked, script)).stdout).not.toContain('secret')
  })
})

describe('another root', () => {
  const flags = ['--rootfs', rootfs, ...system]

  test("holds nothing of the host's", async () => {
    const { stdout } = await place.run(flags, 'cd /; echo *; cat /proc/self/mountinfo')
    expect(stdout).not.toContain('home')
    expect(stdout).not.toContain(outside)
  })

  test.each([
    ['an absolute link', 'cat /out/kept'],
    ['a relative link', 'cat /up/kept'],
    ['its parent', `cat /../../../..${outside}/kept; cd /; cd ../../..; cat .${outside}/kept`],
    ["init's root", `cat /proc/1/root${outside}/kept; cat /root${outside}/kept`],
    ["init's directory", `cat /proc/1/cwd${outside}/kept; cat /cwd${outside}/kept`],
    ['handles', `for fd in $(seq 0 60); do cat /proc/1/fd/$fd${outside}/kept /proc/self/fd/$fd${outside}/kept; done`],
    ['pivot_root', `cd /tmp; mkdir old; pivot_root . old; umount -l /; cat old${outside}/kept ${outside}/kept`],
    ['chroot', `mkdir /tmp/new; chroot /tmp/new true; chroot / cat ${outside}/kept`],
    ['another mount of the disk', `mount --bind / /tmp; mount -t proc proc /tmp; unshare -rm true && echo kept`],
  ])('is not left through %s', async (_, script) => {
    expect((await place.run(flags, script)).stdout).not.toContain('kept')
  })

  test('is not changed on the host', async () => {
    const entries = () => [rootfs, join(rootfs, 'etc')].map((directory) => readdirSync(directory))
    const before = entries()
    await place.run(flags, 'echo x > /etc/new; rm -rf /etc /out; mkdir /made')
    expect(entries()).toEqual(before)
  })

  test('shows no process of the host with its pids', async () => {
    const { stdout } = await place.run(
      [...flags, '--pid', 'host'],
      `cat /proc/${process.pid}/root${outside}/kept; ls /proc/${process.pid}/cwd/; ls /proc/1/root/`,
    )
    expect(stdout).toBe('')
  })
})

test('a layer leads nowhere with its links', async () => {
  const layer = join(place.root, 'layer')
  mkdirSync(layer)
  symlinkSync(outside, join(layer, 'laid'))
  symlinkSync('/etc', join(layer, 'file'))
  const { stdout } = await place.run(
    ['--layer', layer],
    'echo gone > laid/kept; touch laid/new file/nsbox-escape; rm laid; echo own > laid; cat laid',
  )
  expect(stdout).toBe('own\n')
  expect(['laid', 'file'].map((name) => readlinkSync(join(layer, name)))).toEqual([outside, '/etc'])
})
