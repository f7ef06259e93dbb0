// @module-tag root
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
/** Links to descriptors of init, when it changes its directory or mounts: what it holds has low numbers. */
const links = Array.from({ length: 32 }, (_, index) => `fd-${index + 3}`)
/** A system in it runs programs of the host. */
const system = ['/usr', '/lib', '/lib64', '/bin']
const launcher = new Bench()

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
    for (const name of links) symlinkSync(`/proc/self/fd/${name.slice(3)}`, join(directory, name))
  }
})
afterAll(async () => {
  await launcher.close()
  expect(describeTree(outside).length).toBe(2)
  expect(readFileSync(join(outside, 'kept'), 'utf8')).toBe('kept')
  place.remove()
})

/** With sandboxes of the project, asked for as `nsbox run` does. */
async function withSandboxes<T>(options: object, act: (bench: Bench) => Promise<T>): Promise<T> {
  const bench = new Bench({ request: await sandboxRequest(sandboxOptions(options, 'test'), project), zygote: launcher.zygote })
  try {
    return await act(bench)
  } finally {
    await bench.close()
  }
}

/** What a script prints in sandboxes that begin in these directories. */
function outputs(options: object, cwds: string[], script: string): Promise<string> {
  return withSandboxes(options, async (bench) => {
    let all = ''
    for (const cwd of cwds) all += (await bench.sh(script, { change: { cwd } })).stdout
    return all
  })
}

describe('a working directory that is a link', () => {
  test("to a handle of init's or to where init is, past a mask", async () => {
    const cwds = [...links, 'cwd', 'root'].map((name) => join(project, name))
    const script = 'cat secret project/secret ./*/secret 2>/dev/null; ls -d [0-9]/upper'
    expect(await outputs({ masks: [join(project, 'secret')] }, cwds, script)).toBe('')
  })

  test("to a handle of init's, out of another root", async () => {
    const binds = system.map((source) => ({ source, readOnly: true }))
    const cwds = links.map((name) => `/${name}`)
    const script = `cat ./etc/passwd ./${outside}/kept kept 2>/dev/null; ls -d home root 2>/dev/null`
    expect(await outputs({ rootfs, binds }, cwds, script)).toBe('')
  })
})

describe('a target that is below a link', () => {
  test.each(['out', 'up'])('to outside: a mount point is not made there, by %s', async (link) => {
    const target = `${project}/${link}/new`
    for (const options of [
      { binds: [{ source: project, target }] },
      { binds: [{ source: join(project, 'file'), target, readOnly: true }] },
      { tmpfs: [{ target }] },
    ]) {
      const { exitCode, error } = await withSandboxes(options, (bench) => bench.sh('true'))
      expect([exitCode, error?.message]).toEqual([null, expect.stringMatching(/EROFS|ENOENT|read-only inside/)])
    }
  })

  test.each(['/', '/.', join(project, 'root')])('to the root, as %s: it does not become writable', async (target) => {
    const options = { binds: [{ source: project, target }] }
    const { exitCode, error } = await withSandboxes(options, (bench) => bench.sh('touch /nsbox-escape'))
    expect([exitCode, error?.message]).toEqual([null, expect.stringContaining('is the root')])
  })

  test('the command says so too', async () => {
    const flags = [
      ['--tmpfs', `${project}/out/new`],
      ['--bind', `${project}:${project}/root`],
      ['--bind', `${project}:/proc/self/root`],
    ]
    const [below, root, ownProc] = await Promise.all(flags.map((words) => place.run(words, 'touch /nsbox-escape')))
    expect([below?.exitCode, below?.stderr]).toEqual([125, expect.stringMatching(/EROFS|ENOENT|read-only inside/)])
    expect([root?.exitCode, root?.stderr]).toEqual([125, expect.stringContaining('is the root')])
    expect([ownProc?.exitCode, ownProc?.stderr]).toEqual([125, expect.stringContaining('/proc/self/root cannot be covered')])
  })

  test('to a handle: nothing of the host becomes writable', async () => {
    // Those that fail are left out, and the others are made.
    const binds = links.map((name) => ({ source: project, target: join(project, name) }))
    const script = `touch /nsbox-escape ${outside}/new /etc/nsbox-escape 2>/dev/null; ls /nsbox-escape ${outside}`
    const { stdout, notEnforced } = await withSandboxes({ seal: 'prefer', binds }, (bench) => bench.sh(script))
    expect(['kept\n', `${outside}:\nkept\n`, '']).toContain(stdout)
    expect(notEnforced.length).toBeGreaterThan(0)
    expect(readdirSync(outside)).toEqual(['kept'])
  })
})

describe('what is masked', () => {
  const scripts = {
    read: 'cat secret',
    'read through its root': `cat /proc/self/root${project}/secret`,
    "read through init's root": `cat /proc/1/root${project}/secret`,
    uncovered: `umount secret; umount -l ${project}/secret; cat secret`,
    removed: 'rm -f secret; cat secret',
    renamed: 'mv secret seen; cat secret seen',
    linked: 'ln secret seen; cat seen',
    'copied up': 'echo x >> secret; cat secret',
    'moved with its directory': 'cd ..; mv project elsewhere; cat elsewhere/secret project/secret',
  }
  let outputs: Record<string, string>
  beforeAll(async () => {
    outputs = await place.printed(['--mask', join(project, 'secret')], scripts)
  })

  test.each(Object.keys(scripts))('is not %s', (name) => expect(outputs[name]).not.toContain('secret'))
})

describe('another root', () => {
  const flags = ['--rootfs', rootfs, ...system.flatMap((path) => ['--ro-bind', path])]
  const ways = {
    'an absolute link': 'cat /out/kept',
    'a relative link': 'cat /up/kept',
    'its parent': `cat /../../../..${outside}/kept; cd /; cd ../../..; cat .${outside}/kept`,
    "init's root": `cat /proc/1/root${outside}/kept; cat /root${outside}/kept`,
    "init's directory": `cat /proc/1/cwd${outside}/kept; cat /cwd${outside}/kept`,
    handles: `for fd in $(seq 0 60); do cat /proc/1/fd/$fd${outside}/kept /proc/self/fd/$fd${outside}/kept; done`,
    pivot_root: `cd /tmp; mkdir old; pivot_root . old; umount -l /; cat old${outside}/kept ${outside}/kept`,
    chroot: `mkdir /tmp/new; chroot /tmp/new true; chroot / cat ${outside}/kept`,
    'another mount of the disk': 'mount --bind / /tmp; mount -t proc proc /tmp; unshare -rm true && echo kept',
  }
  const entries = () => [rootfs, join(rootfs, 'etc')].map((directory) => readdirSync(directory))
  let outputs: Record<string, string>
  let before: string[][]
  beforeAll(async () => {
    before = entries()
    outputs = await place.printed(flags, {
      looks: 'cd /; echo *; cat /proc/self/mountinfo',
      ...ways,
      changes: 'echo x > /etc/new; rm -rf /etc /out; mkdir /made; cd /; echo *',
    })
  })

  test("holds nothing of the host's", () => {
    expect(outputs['looks']).not.toContain('home')
    expect(outputs['looks']).not.toContain(outside)
  })

  test.each(Object.keys(ways))('is not left through %s', (name) => expect(outputs[name]).not.toContain('kept'))

  test('is not changed on the host', () => {
    expect(outputs['changes']).toContain('made')
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
