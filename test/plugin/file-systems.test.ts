// Where a project lies: other file systems, read-only ones, containers, odd names, directories that mean something.
// Mounts are made in a mount namespace of the run's own and end with it; so do loop devices (mount(8), autoclear).

import { execFileSync } from 'node:child_process'
import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { dirname, join } from 'node:path'
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { asOrdinaryUser, isRoot, needs, needsOrdinaryUser } from '../support/doctor.ts'
import { needProgram } from '../support/programs.ts'
import {
  configOf,
  fixture,
  nsboxConfig,
  oneVitest,
  type Project,
  resultsIn,
  seedSuite,
  seedTest,
  vitestVersions,
} from '../support/vitest-project.ts'
import { type VitestOptions, type VitestRun, vitestRun } from '../support/vitest-run.ts'

const files = fixture('places')
const names = ['sealed', 'its files', 'writes', 'writes in HOME', 'a snapshot']
const passed = Object.fromEntries(names.map((name) => [`everything.test.ts > ${name}`, 'passed']))

/** Of checkouts that cannot be written to. */
const existing = { 'reads.test.ts > reads': 'passed', 'matches.test.ts > matches': 'passed' }
/** Vite writes a config that it bundles beside it; this loader does not. */
const runnerLoader = '--configLoader=runner'

/** A place is a project of its own in the run of another: its tests are called by their paths. */
const elsewhere = { ELSEWHERE: '1' }

function expectAll(run: VitestRun, project: Project, { place = project, expected = passed } = {}): void {
  expect(resultsIn(place, project, run.failures), run.output).toEqual({})
  expect(resultsIn(place, project, run.tests), run.output).toEqual(expected)
  expect(run.exitCode, run.output).toBe(0)
  expect(place.read('value.ts')).toBe(files['value.ts'])
  expect(place.list()).toEqual(expect.arrayContaining(['data', 'value.ts']))
  expect(place.list().filter((name) => ['hard', 'made', 'moved', 'soft', 'written'].includes(name))).toEqual([])
  expect(place.list('data')).toContain('old')
  expect(place.list('data')).not.toContain('written')
  expect(existsSync(join(project.home, 'written'))).toBe(false)
}

/** Root makes a mount namespace; an ordinary user a user namespace with it, as a rootless container has. */
const ownMounts = ['unshare', ...(isRoot ? [] : ['--user', '--map-root-user']), '--mount', '--propagation', 'private']

/** A shell script that moves the project at $root to what another one mounts at $mounted. */
const moved = (script: string) =>
  [
    'mkdir mounted; mounted=$PWD/mounted',
    script,
    // node_modules holds links alone.
    'cp -a "$root/." "$mounted"; mount --bind "$mounted" "$root"',
  ].join('\n')

/** Runs a project's command where scripts have made the mounts of places. Their snapshots are kept in `seen`: the mounts end with the run. */
function on(project: Project, places: { place: Project; script: string }[]): VitestOptions {
  const enter = places.map(({ place: { root, scratch }, script }) => `root=${root}; cd ${scratch}; ${script}`)
  const leave = places.map(({ place: { root, scratch } }) => `mkdir ${scratch}/seen; cp -a ${root}/__snapshots__ ${scratch}/seen || true`)
  return inMounts(project, [...enter, `cd ${project.root}; code=0; "$@" || code=$?`, ...leave, 'exit $code'].join('\n'))
}

function inMounts({ root, scratch }: Project, script: string): VitestOptions {
  return {
    wrapper: [...ownMounts, '/bin/sh', '-ec', script, 'situation'],
    env: { PATH: `${dirname(process.execPath)}:/usr/sbin:/usr/bin:/sbin:/bin`, root, scratch },
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

function factsFor({ type, program }: { type: string; program: string }): [fact: string, present: boolean][] {
  return [
    ['root', isRoot],
    [program, ['/sbin', '/usr/sbin', '/bin', '/usr/bin'].some((directory) => existsSync(join(directory, program)))],
    [`${type} in the kernel`, new RegExp(`\\b${type}$`, 'm').test(readFileSync('/proc/filesystems', 'utf8'))],
    ['loop devices', existsSync('/dev/loop-control')],
  ]
}

/** What a container has below its root: lower and upper layers. */
const overlay = (lower: string, target: string, name: string) =>
  `mkdir ${name}; mount -t tmpfs tmpfs ${name}; mkdir ${name}/upper ${name}/work
mount -t overlay -o "lowerdir=${lower},upperdir=${name}/upper,workdir=${name}/work${isRoot ? '' : ',userxattr'}" overlay "${target}"`

/** Together in one name, since each of them has to stay what it is beside the others. */
const oddNames = [
  `sp ace 'single' "double" back\`tick`,
  'a:b,c;d=e$HOME&f|g<h>i!j~k*{l,m}[n](o)^p',
  '100% %20 %41 a+b@c&d=e',
  'ünïcode 日本語 🧪 e\u0301',
  'line\nbreak\ttab',
]

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

const mounts: [name: string, script: string][] = [
  ['tmpfs that allows no programs', moved('mount -t tmpfs -o noexec,nosuid,nodev tmpfs "$mounted"')],
  ['an overlay', moved(`mkdir image; ${overlay('image', '$mounted', 'layers')}`)],
  ['a bind mount', moved('mkdir other; mount --bind other "$mounted"')],
]
const mountReadOnly = 'mount --bind "$root" "$root"; mount -o remount,bind,ro "$root"'

const { 'vitest.config.ts': bothPools = '', 'new.test.ts': isNew = '', ...checkout } = fixture('read-only')

const inDirectory = (directory: string, files: Record<string, string>) =>
  Object.fromEntries(Object.entries(files).map(([path, content]) => [`${directory}/${path}`, content]))

/** Files for each pool, in one project. */
const forBothPools = (files: Record<string, string>) => ({
  'vitest.config.ts': bothPools,
  ...inDirectory('sealed', files),
  ...inDirectory('forks', files),
})

/** The only tests that do not end well are those whose snapshot is new: that of nsbox as that of forks. */
async function expectNewSnapshotsReported(project: Project, options: VitestOptions): Promise<void> {
  const run = await vitestRun(project, [runnerLoader], options)
  const said = (pool: string) => {
    // vitest tells of a test some milliseconds after its end, and the error may be sooner.
    const { 'new.test.ts > new': perhapsUntold, ...others } = resultsIn({ root: join(project.root, pool) }, project, run.tests)
    expect(['passed', 'pending'], run.output).toContain(perhapsUntold)
    const errors = [...run.output.matchAll(/Error: E\w+: [^\n]*/g)].flatMap(([error]) => (error.includes(`/${pool}/`) ? [error] : []))
    return { others, errors: errors.map((error) => error.replace(`/${pool}/`, '/')) }
  }
  expect(said('sealed'), run.output).toEqual(said('forks'))
  expect(said('sealed').others).toEqual(existing)
  expect(run.output).toContain('Vitest caught 2 unhandled errors')
  expect(run.exitCode).toBe(1)
  for (const pool of ['sealed', 'forks']) expect(project.list(`${pool}/__snapshots__`)).toEqual(['matches.test.ts.snap'])
}

describe.each(oneVitest)('$name', (version) => {
  describe('a project on', { tags: ['root'] }, () => {
    const available = disks.filter(([, disk]) => factsFor(disk).every(([, present]) => present))
    const everything = [...mounts, ...available.map(([name, { script }]) => [name, script] as const)]
    const places = everything.map(([name, script]) => ({ name, script, place: seedSuite(version, files) }))
    const readOnly = seedSuite(version, checkout)
    const all = [...places, { place: readOnly, script: mountReadOnly }]
    const project = seedSuite(version, { 'vitest.config.ts': configOf(all.map(({ place }) => place)) })
    let run: VitestRun
    beforeAll(async () => {
      const options = on(project, all)
      run = await vitestRun(project, [], { ...options, env: { ...options.env, ...elsewhere } })
    })

    function expectAllOn(wanted: string): void {
      for (const { place } of places.filter(({ name }) => name === wanted)) {
        expectAll(run, project, { place })
        expect(readdirSync(join(place.scratch, 'seen/__snapshots__'))).toEqual(['everything.test.ts.snap'])
      }
    }

    test.for(disks)('%s', ([name, disk], context) => {
      for (const [fact, present] of factsFor(disk)) needs(context, fact, present)
      expectAllOn(name)
    })

    test.each(mounts)('%s', (name) => expectAllOn(name))

    test('a checkout that its mount makes read-only runs', () => {
      expect(resultsIn(readOnly, project, run.tests), run.output).toEqual(existing)
      expect(run.exitCode, run.output).toBe(0)
      expect(readOnly.list('__snapshots__')).toEqual(['matches.test.ts.snap'])
    })

    test('and reports a new snapshot as forks do', async () => {
      const project = seedTest(version, forBothPools({ ...checkout, 'new.test.ts': isNew }))
      await expectNewSnapshotsReported(project, on(project, [{ place: project, script: mountReadOnly }]))
    })

    test('an overlay of overlays: the kernel stacks two, and the error says so', async () => {
      const project = seedTest(version, files)
      const script = `mkdir image inner; ${overlay('image', 'inner', 'first')}; ${overlay('inner', '$mounted', 'second')}`
      const run = await vitestRun(project, [], on(project, [{ place: project, script: moved(script) }]))
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
      const script = `cd "$scratch"; mkdir root; ${overlay('/', 'root', 'layers')}
for name in proc dev sys; do mount --rbind /$name root/$name; done
mount --rbind "$scratch" "root$scratch"; cd root; pivot_root . mnt; cd "$root"; umount -l /mnt; exec "$@"`
      expectAll(await vitestRun(project, [], inMounts(project, script)), project)
    })
  })

  test.each([
    ['below /var/tmp is HOME itself', '/var/tmp', ({ root }: Project) => ({ HOME: root })],
    [
      "below the user's home lies in HOME, and is TMPDIR itself",
      userInfo().homedir,
      ({ root }: Project) => ({ HOME: dirname(root), TMPDIR: root }),
    ],
    ['holds HOME, and lies in TMPDIR', tmpdir(), ({ root }: Project) => ({ HOME: join(root, 'data'), TMPDIR: dirname(root) })],
  ])('a project %s', async (_, parent, env) => {
    const project = seedTest(version, files, { parent })
    expectAll(await vitestRun(project, [], { env: env(project) }), project)
    expect(project.list('__snapshots__')).toEqual(['everything.test.ts.snap'])
    expect(existsSync(join(dirname(project.root), 'written'))).toBe(false)
  })

  test('a project below the root of a git repository: what its tests commit is gone afterwards', async (context) => {
    needProgram(context, 'git')
    const project = seedTest(version, fixture('commits'))
    const around = dirname(project.root)
    execFileSync('git', ['init', '--quiet', around])
    const run = await vitestRun(project)
    expect(run.tests, run.output).toEqual({ 'commits.test.ts > commits': 'passed' })
    expect(readdirSync(join(around, '.git/refs/heads'))).toEqual([])
  })

  test('a project with a volume in it: what tests write beside the volume is found, and gone afterwards', async () => {
    const project = seedTest(version, {
      'vitest.config.ts': nsboxConfig({ options: 'failOnWrite: true' }),
      'volume/covered.txt': '',
      'one.txt': 'before',
      'writes.test.ts': `import { writeFileSync } from 'node:fs'
import { test } from 'vitest'
test('writes', () => ['one.txt', 'two.txt', 'volume/three.txt'].forEach((path) => writeFileSync(path, 'after')))`,
    })
    const run = await vitestRun(project, [], inMounts(project, 'cd "$root"; mount -t tmpfs tmpfs volume; exec "$@"'))
    expect(run.tests, run.output).toEqual({ 'writes.test.ts > writes': 'passed' })
    const wrote = run.failures['writes.test.ts']?.match(/wrote .*/g)
    expect(wrote, run.output).toEqual(['wrote    one.txt (modified)', 'wrote    two.txt (added)', 'wrote    volume/three.txt (added)'])
    expect(project.read('one.txt')).toBe('before')
    expect(project.list()).not.toContain('two.txt')
  })

  test('a project is /: an error says why that cannot be', async () => {
    const project = seedTest(version, { 'vitest.config.ts': nsboxConfig({ test: `pool: 'nsbox', root: '/', dir: '/not/there'` }) })
    const run = await vitestRun(project)
    expect(run.stderr).toContain('nsbox(): the project\'s root is "/", and no overlay can cover that')
    expect(run.exitCode).toBe(1)
  })

  describe('what vitest does not take with forks either ends in the same way', () => {
    test.each([
      ['a backslash', 'back\\slash'],
      ['?', 'question?mark'],
    ])('a path with %s', async (_, name) => {
      const project = seedTest(version, files, { name })
      const [forks, sealed] = await Promise.all([vitestRun(project, ['--pool=forks']), vitestRun(project)])
      const said = ({ stderr, exitCode }: VitestRun) => [exitCode, /Error: [^\n]*/.exec(stderr)?.[0]]
      expect(said(sealed), sealed.output).toEqual(said(forks))
      expect(sealed.exitCode).toBe(1)
    })

    test('a path with #', async () => {
      const project = seedTest(version, forBothPools(files), { name: 'hash#mark' })
      const run = await vitestRun(project)
      const said = (pool: string) => run.stderr.match(new RegExp(`\\|${pool}\\| .*\\nError: .*`))?.[0].replaceAll(pool, 'pool')
      expect(said('sealed'), run.output).toMatch(/Error/)
      expect(said('sealed'), run.output).toBe(said('forks'))
      expect(run.tests).toEqual({})
      expect(run.exitCode).toBe(1)
    })
  })

  describe('two runs at once in one project', () => {
    const project = seedSuite(version, fixture('two-runs'))
    const cases = [
      { OWN: 'one', HOME: '', name: 'has no HOME' },
      { OWN: 'two', HOME: join(project.scratch, 'not-there'), name: 'has a HOME that does not exist' },
    ].map((one) => ({ ...one, place: seedSuite(version, files, { parent: project.root }) }))
    let runs: Record<string, VitestRun>
    beforeAll(async () => {
      const env = { ...elsewhere, MEETINGS: project.scratch, WITHOUT_HOME: '1' }
      const running = cases.map(async ({ OWN, HOME, place }) => {
        const run = await vitestRun(project, ['port.test.ts', place.root], { env: { ...env, OWN, HOME } })
        return [OWN, run] as const
      })
      runs = Object.fromEntries(await Promise.all(running))
    })

    test('the same port, the same files', () => {
      for (const run of Object.values(runs)) {
        expect(run.failures, run.output).toEqual({})
        expect(run.tests['port.test.ts > has the port and the files to itself'], run.output).toBe('passed')
      }
      expect(project.read('shared.txt')).toBe('before\n')
    })

    test.each(cases)('one that $name', ({ OWN, place }) => {
      const expected = { ...passed, 'everything.test.ts > writes in HOME': 'skipped' }
      expectAll(runs[OWN] as VitestRun, project, { place, expected })
      expect(place.list('__snapshots__')).toEqual(['everything.test.ts.snap'])
    })
  })
})

describe.each(vitestVersions)('$name', (version) => {
  test('a checkout without permission to write runs, and reports a new snapshot as forks do', { tags: ['root'] }, async (context) => {
    needsOrdinaryUser(context)
    const project = seedTest(version, forBothPools({ ...checkout, 'new.test.ts': isNew }))
    const options = withoutPermission(project)
    const run = await vitestRun(project, [runnerLoader, '--project=sealed', 'reads', 'matches'], options)
    expect(resultsIn({ root: join(project.root, 'sealed') }, project, run.tests), run.output).toEqual(existing)
    expect(run.exitCode, run.output).toBe(0)
    await expectNewSnapshotsReported(project, options)
  })

  test('a path and a HOME with characters that mean something to shells, mount options and addresses, or lie outside of ASCII', async () => {
    const project = seedTest(version, files, { name: oddNames.join(' ') })
    const home = join(project.scratch, `h o'm"e:a,b\\c#d?e%20$HOME ü`)
    mkdirSync(home)
    expectAll(await vitestRun(project, [], { env: { HOME: home } }), project)
    expect(project.list('__snapshots__')).toEqual(['everything.test.ts.snap'])
    expect(readdirSync(home)).not.toContain('written')
  })
})
