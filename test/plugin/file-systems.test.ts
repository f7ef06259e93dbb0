// Where a project lies: other file systems, read-only ones, containers, odd names, directories that mean something.
// Mounts are made in a mount namespace of the run's own and end with it; so do loop devices (mount(8), autoclear).

import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, expect, onTestFinished, type TestContext, test } from 'vitest'
import { asOrdinaryUser, isRoot, needs, needsOrdinaryUser } from '../support/doctor.ts'
import { nsboxConfig, type Project, seedTest, testFile, vitestVersions } from '../support/vitest-project.ts'
import { type VitestOptions, type VitestRun, vitestRun } from '../support/vitest-run.ts'

/** What a project's tests do everywhere. What is written is gone, but for the snapshot. */
const files: Record<string, string> = {
  'value.ts': `export const value: string = 'kept'\n`,
  'everything.test.ts':
    testFile(`import { chmodSync, existsSync, linkSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'; import { homedir, hostname } from 'node:os'; import { join } from 'node:path'
import { value } from './value'
test('sealed', () => { expect(hostname()).toBe('nsbox') })
test('its files', () => { expect(value).toBe('kept'); expect(readFileSync(join(import.meta.dirname, 'value.ts'), 'utf8')).toContain('kept') })
test('writes', () => {
  writeFileSync('value.ts', 'changed'); expect(readFileSync(join(import.meta.dirname, 'value.ts'), 'utf8')).toBe('changed')
  mkdirSync('made/deep', { recursive: true }); writeFileSync('made/deep/file', 'x'); renameSync('made', 'moved'); rmSync('moved/deep', { recursive: true }); expect(existsSync('moved/deep')).toBe(false)
  rmSync('data', { recursive: true }); mkdirSync('data'); expect(existsSync('data/old')).toBe(false)
  linkSync('value.ts', 'hard'); symlinkSync('hard', 'soft'); chmodSync('soft', 0o640); expect(statSync('value.ts').mode & 0o777).toBe(0o640)
  writeFileSync(join(homedir(), 'written'), 'x'); expect(existsSync(join(homedir(), 'written'))).toBe(true)
})
test('a snapshot', () => { expect({ value }).toMatchSnapshot() })`),
  'data/old': 'old\n',
}
const passed = Object.fromEntries(['sealed', 'its files', 'writes', 'a snapshot'].map((name) => [`everything.test.ts > ${name}`, 'passed']))

function expectAll(run: VitestRun, project: Project): void {
  expect(run.failures, run.output).toEqual({})
  expect(run.tests, run.output).toEqual(passed)
  expect(run.exitCode, run.output).toBe(0)
  expect(project.read('value.ts')).toBe(files['value.ts'])
  expect(project.list()).toEqual(expect.arrayContaining(['data', 'value.ts']))
  expect(project.list().filter((name) => ['hard', 'made', 'moved', 'soft'].includes(name))).toEqual([])
  expect(existsSync(join(project.home, 'written'))).toBe(false)
}

/** Root makes a mount namespace; an ordinary user a user namespace with it, as a rootless container has. */
const ownMounts = ['unshare', ...(isRoot ? [] : ['--user', '--map-root-user']), '--mount', '--propagation', 'private']

/** A shell script that mounts something at $mounted, and then the command with the project there, in place of what is at $root. */
function on(project: Project, script: string): VitestOptions {
  const words = [
    'cd "$scratch"; mkdir mounted; mounted=$scratch/mounted',
    script,
    // node_modules holds links alone.
    'cp -a "$root/." "$mounted"; mount --bind "$mounted" "$root"',
    'cd "$root"; code=0; "$@" || code=$?; mkdir "$scratch/seen"; cp -a __snapshots__ "$scratch/seen" || true; exit $code',
  ]
  return {
    wrapper: [...ownMounts, '/bin/sh', '-ec', words.join('\n'), 'situation'],
    env: { PATH: `${dirname(process.execPath)}:/usr/sbin:/usr/bin:/sbin:/bin`, root: project.root, scratch: project.scratch },
  }
}

const onLoop = (type: string, size: string, make: string, options: string) => ({
  type,
  program: make.split(' ')[0] as string,
  script: `truncate -s ${size} image; ${make} image >&2; mount -t ${type} -o loop,${options} image "$mounted"`,
})
const disks: [name: string, disk: { type: string; program: string; script: string }][] = [
  ['btrfs', onLoop('btrfs', '128M', 'mkfs.btrfs -q', 'compress=zstd,noatime')],
  ['xfs', onLoop('xfs', '320M', 'mkfs.xfs -q', 'noatime,inode64')],
  ['ext4 without a journal', onLoop('ext4', '64M', 'mkfs.ext4 -q -F -O ^has_journal,^dir_index -I 128', 'nosuid,nodev,noatime')],
  ['ext4 with small blocks', onLoop('ext4', '64M', 'mkfs.ext4 -q -F -b 1024 -O ^extents,^64bit', 'data=journal,commit=30')],
]

function needsDisk(context: TestContext, { type, program }: { type: string; program: string }): void {
  needs(context, 'root', isRoot)
  needs(
    context,
    program,
    ['/sbin', '/usr/sbin', '/bin', '/usr/bin'].some((directory) => existsSync(join(directory, program))),
  )
  needs(context, `${type} in the kernel`, new RegExp(`\\b${type}$`, 'm').test(readFileSync('/proc/filesystems', 'utf8')))
  needs(context, 'loop devices', existsSync('/dev/loop-control'))
}

const tmpfs = 'mount -t tmpfs -o noexec,nosuid,nodev tmpfs "$mounted"'
/** What a container has below its root: lower and upper layers. */
const overlay = (lower: string, target: string, name: string) =>
  `mkdir ${name}; mount -t tmpfs tmpfs ${name}; mkdir ${name}/upper ${name}/work
mount -t overlay -o "lowerdir=${lower},upperdir=${name}/upper,workdir=${name}/work${isRoot ? '' : ',userxattr'}" overlay "${target}"`

describe.each(vitestVersions)('$name', (version) => {
  describe('a project on', () => {
    test.for(disks)('%s', async ([, disk], context) => {
      needsDisk(context, disk)
      const project = seedTest(version, files)
      expectAll(await vitestRun(project, [], on(project, disk.script)), project)
      expect(readdirSync(join(project.scratch, 'seen/__snapshots__'))).toEqual(['everything.test.ts.snap'])
    })

    test.each([
      ['tmpfs that allows no programs', tmpfs],
      ['an overlay', `mkdir image; ${overlay('image', '$mounted', 'layers')}`],
      ['a bind mount', 'mkdir other; mount --bind other "$mounted"'],
    ])('%s', async (_, script) => {
      const project = seedTest(version, files)
      expectAll(await vitestRun(project, [], on(project, script)), project)
      expect(readdirSync(join(project.scratch, 'seen/__snapshots__'))).toEqual(['everything.test.ts.snap'])
    })

    test('an overlay of overlays: the kernel stacks two, and the error says so', async () => {
      const project = seedTest(version, files)
      const script = `mkdir image inner; ${overlay('image', 'inner', 'first')}; ${overlay('inner', '$mounted', 'second')}`
      const run = await vitestRun(project, [], on(project, script))
      expect(run.stderr).toMatch(/mount\("overlay".* failed: EINVAL/)
      expect(run.stderr).toContain('lie on a second overlay')
      expect(run.tests).toEqual({})
      expect(run.exitCode).toBe(1)
    })

    test('the overlay that is the root of a container', async (context) => {
      // Only who owns all mounts below / may put an overlay over it (mount_namespaces(7)).
      needs(context, 'root', isRoot)
      needs(context, 'a temporary directory on the root file system', statSync(tmpdir()).dev === statSync('/').dev)
      const project = seedTest(version, files)
      const script = `mkdir root; ${overlay('/', 'root', 'layers')}
for name in proc dev sys; do mount --rbind /$name root/$name; done
mount --rbind "$scratch" "root$scratch"; cd root; pivot_root . mnt; cd "$root"; umount -l /mnt; exec "$@"`
      const run = await vitestRun(project, [], {
        ...on(project, ''),
        wrapper: [...ownMounts, '/bin/sh', '-ec', `cd "$scratch"; ${script}`, 'situation'],
      })
      expectAll(run, project)
    })
  })

  describe('a checkout that is read-only', () => {
    const readOnly: Record<string, string> = {
      'reads.test.ts': testFile(`import { readFileSync } from 'node:fs'
test('reads', () => { expect(readFileSync('data/old', 'utf8')).toBe('old\\n') })`),
      'matches.test.ts': testFile(`test('matches', () => { expect({ a: 1 }).toMatchSnapshot() })`),
      '__snapshots__/matches.test.ts.snap': `// Vitest Snapshot v1, https://vitest.dev/guide/snapshot.html\n\nexports[\`matches 1\`] = \`\n{\n  "a": 1,\n}\n\`;\n`,
      'data/old': 'old\n',
    }
    const newSnapshot = { 'new.test.ts': testFile(`test('new', () => { expect({ a: 1 }).toMatchSnapshot() })`) }
    /** Vite writes a config that it bundles beside it; this loader does not. */
    const args = (pool: string) => [`--pool=${pool}`, '--configLoader=runner']

    /** A tree of an ordinary user's, who has taken away his own permission to write. */
    function withoutPermission(project: Project): VitestOptions {
      const [uid, gid] = asOrdinaryUser.length > 0 ? [65534, 65534] : [userInfo().uid, userInfo().gid]
      const below = (directory: string): string[] =>
        [directory].concat(
          readdirSync(directory, { withFileTypes: true }).flatMap((entry) =>
            entry.isSymbolicLink() ? [] : entry.isDirectory() ? below(join(directory, entry.name)) : [join(directory, entry.name)],
          ),
        )
      const base = dirname(project.root)
      const own = [base, project.home, project.scratch, ...below(project.root)]
      for (const path of own) chownSync(path, uid, gid)
      for (const path of below(project.root)) chmodSync(path, statSync(path).mode & 0o7555)
      onTestFinished(() => {
        for (const path of below(project.root)) if (statSync(path).isDirectory()) chmodSync(path, 0o755)
      })
      return { wrapper: asOrdinaryUser }
    }

    function mountedReadOnly({ root }: Project): VitestOptions {
      const script = 'mount --bind "$root" "$root"; mount -o remount,bind,ro "$root"; cd "$root"; exec "$@"'
      return { wrapper: [...ownMounts, '/bin/sh', '-ec', script, 'situation'], env: { root } }
    }

    test.for([
      ['without permission to write', withoutPermission],
      ['by its mount', mountedReadOnly],
    ] as const)('%s runs, and reports a new snapshot as forks do', async ([, make], context) => {
      if (make === withoutPermission) needsOrdinaryUser(context)
      const project = seedTest(version, readOnly)
      const options = make(project)
      const both = async () => [await vitestRun(project, args('forks'), options), await vitestRun(project, args('nsbox'), options)] as const
      const [forks, sealed] = await both()
      expect(sealed.tests, sealed.output).toEqual({ 'reads.test.ts > reads': 'passed', 'matches.test.ts > matches': 'passed' })
      expect([sealed.tests, sealed.exitCode]).toEqual([forks.tests, forks.exitCode])
      const other = seedTest(version, { ...readOnly, ...newSnapshot })
      const otherOptions = make(other)
      const [forksNew, sealedNew] = [
        await vitestRun(other, args('forks'), otherOptions),
        await vitestRun(other, args('nsbox'), otherOptions),
      ]
      const said = ({ output, tests, exitCode }: VitestRun) => {
        // vitest tells of a test some milliseconds after its end, and the error may be sooner.
        const { 'new.test.ts > new': perhapsUntold, ...others } = tests
        expect(['passed', 'pending'], output).toContain(perhapsUntold)
        return { others, exitCode, error: /Error: E\w+: [^\n]*/.exec(output)?.[0] }
      }
      expect(said(sealedNew), sealedNew.output).toEqual(said(forksNew))
      expect(other.list('__snapshots__')).toEqual(['matches.test.ts.snap'])
    })
  })

  describe('a path with', () => {
    test.each([
      ['spaces and quotes', `sp ace 'single' "double" back\`tick`],
      ['what shells and mount options mean by it', 'a:b,c;d=e$HOME&f|g<h>i!j~k*{l,m}[n](o)^p'],
      ['what addresses mean by it', '100% %20 %41 a+b@c&d=e'],
      ['letters outside of ASCII', 'ünïcode 日本語 🧪 e\u0301'],
      ['a line break and a tab', 'line\nbreak\ttab'],
    ])('%s', async (_, name) => {
      const project = seedTest(version, files, { name })
      expectAll(await vitestRun(project), project)
      expect(project.list('__snapshots__')).toEqual(['everything.test.ts.snap'])
    })

    test.each([
      ['a backslash', 'back\\slash'],
      ['#', 'hash#mark'],
      ['?', 'question?mark'],
    ])('%s: what vitest does not take with forks either ends in the same way', async (_, name) => {
      const project = seedTest(version, files, { name })
      const [forks, sealed] = [await vitestRun(project, ['--pool=forks']), await vitestRun(project)]
      const said = ({ stderr, exitCode }: VitestRun) => [exitCode, /Error: [^\n]*/.exec(stderr)?.[0]]
      expect(said(sealed), sealed.output).toEqual(said(forks))
      expect(sealed.exitCode).toBe(1)
    })

    test('all of these in HOME', async () => {
      const project = seedTest(version, files)
      const home = join(project.scratch, `h o'm"e:a,b\\c#d?e%20$HOME ü`)
      mkdirSync(home)
      expectAll(await vitestRun(project, [], { env: { HOME: home } }), project)
      expect(readdirSync(home)).not.toContain('written')
    })
  })

  describe('a project', () => {
    const outside = userInfo().homedir
    test.each([
      ['below /var/tmp', '/var/tmp'],
      ["below the user's home", outside],
    ])('%s', async (_, parent) => {
      const project = seedTest(version, files, { parent })
      expectAll(await vitestRun(project), project)
      expect(project.list('__snapshots__')).toEqual(['everything.test.ts.snap'])
    })

    test.each([
      ['is HOME itself', (project: Project) => ({ HOME: project.root })],
      ['lies in HOME', (project: Project) => ({ HOME: dirname(project.root) })],
      ['holds HOME', (project: Project) => ({ HOME: join(project.root, 'data') })],
      ['is TMPDIR itself', (project: Project) => ({ TMPDIR: project.root })],
      ['lies in TMPDIR', (project: Project) => ({ TMPDIR: dirname(project.root) })],
      ['has no HOME', () => ({ HOME: '' })],
      ['has a HOME that is not there', (project: Project) => ({ HOME: join(project.scratch, 'not-there') })],
    ])('%s', async (name, env) => {
      const writesHome = !name.includes('no HOME') && !name.includes('not there')
      const project = seedTest(
        version,
        writesHome
          ? files
          : { ...files, 'everything.test.ts': (files['everything.test.ts'] as string).replace(/writeFileSync\(join\(homedir.*/, '') },
      )
      expectAll(await vitestRun(project, [], { env: env(project) }), project)
      expect(project.list('__snapshots__')).toEqual(['everything.test.ts.snap'])
    })

    test('is /: an error says why that cannot be', async () => {
      const project = seedTest(version, { 'vitest.config.ts': nsboxConfig({ test: `pool: 'nsbox', root: '/', dir: '/not/there'` }) })
      const run = await vitestRun(project)
      expect(run.stderr).toContain('nsbox(): the project\'s root is "/", and no overlay can cover that')
      expect(run.exitCode).toBe(1)
    })
  })

  test('two runs at once in one project: the same port, the same files', async () => {
    const config = `import { defineConfig } from 'vitest/config'
import { nsbox } from 'nsbox/vitest'
import { readdirSync, writeFileSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'

/** Loaded when both runs have asked for it. */
const meeting = {
  name: 'meeting',
  resolveId: (id) => (id.startsWith('virtual:meet-') ? '\\0' + id : undefined),
  async load(id) {
    if (!id.startsWith('\\0virtual:meet-')) return
    const name = id.slice('\\0virtual:'.length)
    writeFileSync(process.env.MEETINGS + '/' + name + '-' + process.pid, '')
    while (readdirSync(process.env.MEETINGS).filter((entry) => entry.startsWith(name)).length < 2) await setTimeout(10)
    return 'export default true'
  },
}
export default defineConfig({ plugins: [nsbox(), meeting], test: { pool: 'nsbox', testTimeout: 120_000 } })
`
    const project = seedTest(version, {
      'vitest.config.ts': config,
      'shared.txt': 'before',
      'port.test.ts':
        testFile(`import { createServer } from 'node:http'; import { once } from 'node:events'; import { readFileSync, writeFileSync } from 'node:fs'
test('has the port and the files to itself', async () => {
  await import('virtual:meet-before')
  const own = process.env['OWN']; const server = createServer((_, answer) => answer.end(own)).listen(3000); await once(server, 'listening')
  writeFileSync('shared.txt', own); writeFileSync('/tmp/shared.txt', own)
  await import('virtual:meet-amid')
  expect([await (await fetch('http://localhost:3000')).text(), readFileSync('shared.txt', 'utf8'), readFileSync('/tmp/shared.txt', 'utf8')]).toEqual([own, own, own])
  await import('virtual:meet-after')
  server.close()
})`),
    })
    const runs = await Promise.all(
      ['one', 'two'].map((OWN) => vitestRun(project, [], { env: { OWN, MEETINGS: project.scratch }, killAfter: 180_000 })),
    )
    for (const run of runs) {
      expect(run.failures, run.output).toEqual({})
      expect(run.tests, run.output).toEqual({ 'port.test.ts > has the port and the files to itself': 'passed' })
    }
    expect(project.read('shared.txt')).toBe('before')
  })
})
