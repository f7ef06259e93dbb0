// @module-tag root
// Promise: what a sandbox writes is gone when it ends, and the host's files are as they were; devices are those that programs expect.

import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { userInfo } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { Plans } from '../../src/launch/plans.ts'
import { Place } from '../support/place.ts'
import { Bench, type BenchOptions, requestFor } from '../support/sandbox.ts'
import { describeTree } from '../support/tree.ts'

const files = { 'src/index.js': 'module.exports = 1\n', 'src/deep/a.txt': 'a', 'package.json': '{}', '.hidden': 'h' }

/** Sandboxes of all benches are forked from its zygote. */
const launcher = new Bench()
afterAll(() => launcher.close())
const newBench = (options: BenchOptions = {}) => new Bench({ ...options, zygote: launcher.zygote })

describe('a project', () => {
  let bench: Bench
  let before: string[]
  beforeAll(() => {
    bench = newBench({ files })
    const at = (name: string) => join(bench.project, name)
    symlinkSync('src/index.js', at('link'))
    symlinkSync('/etc/passwd', at('outward'))
    symlinkSync('nowhere', at('dangling'))
    linkSync(at('package.json'), at('hard'))
    for (const [name, mode] of [
      ['package.json', 0o640],
      ['src/index.js', 0o755],
      ['src/deep', 0o711],
      ['.', 0o750],
    ] as const)
      chmodSync(at(name), mode)
    writeFileSync(join(bench.home, '.profile'), 'real')
    before = describeTree(bench.root)
  })
  afterAll(() => bench.close())

  const unchanged = () => expect(describeTree(bench.root)).toEqual(before)

  test('reads as it is', async () => {
    const { stdout } = await bench.sh(
      'cat src/index.js package.json; stat -c "%a %n" . package.json src/index.js src/deep; readlink link outward dangling',
    )
    expect(stdout).toBe(
      'module.exports = 1\n{}750 .\n640 package.json\n755 src/index.js\n711 src/deep\nsrc/index.js\n/etc/passwd\nnowhere\n',
    )
  })

  test.each([
    ['new files', 'echo new > new; mkdir -p d/e; echo new > d/e/f; cat new d/e/f'],
    ['changed files', 'echo more >> src/index.js; sed -i s/a/b/ src/deep/a.txt; chmod 600 package.json; touch -d 1999-01-01 .hidden'],
    ['renamed and linked', 'mv src/index.js moved; ln package.json again; ln -sf /tmp link; mv src/deep src/deeper'],
    ['replaced directories', 'rm -r src; echo file > src; rm package.json; mkdir package.json'],
    ['the whole project deleted', 'rm -rf ./* ./.hidden && [ -z "$(ls -A)" ]'],
    ['attributes', 'chmod 777 .; chmod -R a+rwx src; touch -d 1999-01-01 . src'],
  ])('%s: seen inside, gone afterwards', async (_, script) => {
    expect(await bench.sh(`set -e; ${script}`)).toMatchObject({ exitCode: 0, stderr: '' })
    unchanged()
  })

  test('what one sandbox writes another does not see', async () => {
    await bench.sh('echo one > shared')
    expect((await bench.sh('cat shared 2>/dev/null || echo absent')).stdout).toBe('absent\n')
  })

  test('the home is writable and vanishes', async () => {
    const { stdout } = await bench.sh(
      'cat ~/.profile; echo changed > ~/.profile; mkdir ~/.cache; cat ~/.profile; rm -rf ~/* ~/.[!.]*; ls -A ~',
    )
    expect(stdout).toBe('realchanged\n')
    unchanged()
  })

  test.each([['memory'], ['disk']])('sparse and large files, kept in %s', async (on) => {
    if (on === 'disk') await bench.plans.useDisk()
    const { stdout } = await bench.sh('head -c 20000000 /dev/zero > large; truncate -s 1T sparse; stat -c %s large sparse')
    expect(stdout).toBe('20000000\n1099511627776\n')
    unchanged()
  })
})

test('outside the overlays everything is read-only', async () => {
  const outside = mkdtempSync(join(userInfo().homedir, '.nsbox-test-'))
  onTestFinished(() => rmSync(outside, { recursive: true }))
  writeFileSync(join(outside, 'kept'), 'kept')
  const bench = newBench()
  const before = describeTree(outside)
  const script = `cat kept; for command in 'touch new' 'rm kept' 'chmod 777 kept' 'mv kept moved' 'ln kept hard' 'truncate -s 0 kept' 'mkdir d' 'touch -d 1999-01-01 kept' 'touch /etc/nsbox' 'mkdir /nsbox' 'rm /etc/passwd'; do LC_ALL=C $command 2>&1 | grep -o 'Read-only file system' || echo "$command"; done`
  const { stdout } = await bench.sh(script, { change: { cwd: outside } })
  expect(stdout).toBe(`kept${'Read-only file system\n'.repeat(11)}`)
  expect(describeTree(outside)).toEqual(before)
  await bench.close()
})

test('places that processes share are private and empty', async () => {
  const name = `nsbox-shared-${process.pid}`
  const places = ['/tmp', '/var/tmp', '/dev/shm']
  onTestFinished(() => {
    for (const place of places) rmSync(join(place, name), { force: true })
  })
  for (const place of places) writeFileSync(join(place, name), 'host')
  const bench = newBench({ parent: userInfo().homedir })
  const hidden = (directory: string) =>
    `[ -e ${directory}/${name} ] && echo ${directory}; echo inside > ${directory}/inside-${name} && ls -A ${directory}`
  const { stdout } = await bench.sh([...places, '/run'].map(hidden).join(';'))
  const seen = stdout.split('\n').filter((line) => line !== `inside-${name}` && line !== '')
  // What node and the resolver need is bound back, by its full path.
  expect(seen.filter((line) => !process.execPath.startsWith(`/tmp/${line}`))).toEqual([])
  for (const place of [...places, '/run']) expect(existsSync(join(place, `inside-${name}`))).toBe(false)
  await bench.close()
})

describe('private directories that variables name, in HOME and in the project', () => {
  const place = new Place()
  afterAll(() => place.remove())
  const inHome = { tmp: join(place.home, 'tmp'), runtime: join(place.home, 'runtime') }
  const inProject = { tmp: join(place.project, 'tmp'), runtime: join(place.project, 'runtime') }
  beforeAll(() => {
    for (const directory of [...Object.values(inHome), ...Object.values(inProject)]) {
      mkdirSync(directory, { mode: 0o700 })
      writeFileSync(join(directory, 'host'), 'host')
    }
  })
  const ends = (script: string, env: Record<string, string>, cwd = place.project) => place.run([], script, { env, cwd })

  test.each([
    ['HOME', inHome],
    ['the project', inProject],
  ])('in %s: empty and private, with the modes they have', async (_, { tmp, runtime }) => {
    const script = `for at in ${tmp} ${runtime}; do ls -A $at; stat -c %a $at; echo inside > $at/inside; cat $at/inside; done; ls ~ .`
    const { stdout, stderr } = await ends(script, { TMPDIR: tmp, XDG_RUNTIME_DIR: runtime })
    expect(stdout, stderr).toMatch(/^700\ninside\n700\ninside\n/)
    expect(stdout).toMatch(/runtime\ntmp\n/)
    expect(describeTree(place.root).filter((line) => line.includes('inside'))).toEqual([])
  })

  test('a relative one begins where the program starts', async () => {
    const script = 'ls -A "$TMPDIR"; cat "$(mktemp)" && echo inside'
    const there = await ends(script, { TMPDIR: 'tmp' })
    const elsewhere = await place.run(['--cwd', 'project'], script, { env: { TMPDIR: './tmp' }, cwd: place.root })
    expect([there.stdout, elsewhere.stdout], there.stderr).toEqual(['inside\n', 'inside\n'])
    expect(readdirSync(inProject.tmp)).toEqual(['host'])
  })

  test('one in /dev/shm is made in the own /dev/shm', async () => {
    const tmp = mkdtempSync('/dev/shm/nsbox-test-')
    writeFileSync(join(tmp, 'host'), 'host')
    const { stdout, stderr } = await ends('ls -A $TMPDIR; stat -c %a $TMPDIR; ls /dev/shm', { TMPDIR: tmp })
    rmSync(tmp, { recursive: true })
    expect(stdout, stderr).toBe(`700\n${basename(tmp)}\n`)
  })

  test.each(['/', '/proc', '/proc/self', '/dev', '/dev/pts', '/sys', 'link'])('of %s a sandbox has its own', async (named) => {
    const link = join(place.project, 'link')
    if (named === 'link') symlinkSync('/proc', link)
    const script = 'cat file; cut -d" " -f1 /proc/self/stat; : > /dev/null && ls /sys/class'
    const end = await ends(script, { TMPDIR: named === 'link' ? link : named, XDG_RUNTIME_DIR: named })
    expect(end, end.stderr).toMatchObject({ stdout: expect.stringMatching(/^project\d\n(.*\n)*net\n/), exitCode: 0 })
  })

  test.each([
    ['TMPDIR', dirname(realpathSync('/bin/sh'))],
    ['XDG_RUNTIME_DIR', dirname(realpathSync('/bin/sh'))],
  ])('one that holds what starts programs is a mistake: %s is %s', async (name, value) => {
    const why = 'that directory is empty inside, and no program starts without /bin/sh'
    expect(await ends('true', { [name]: value })).toMatchObject({
      stderr: `nsbox: ${name} is "${value}": ${why}; set ${name} to another one, or unset it\n`,
      exitCode: 125,
    })
  })

  test('HOME is private where it is such a directory', async () => {
    const script = 'ls -A ~; echo inside > ~/file; cat ~/file'
    const { stdout, stderr } = await ends(script, { HOME: inHome.tmp, TMPDIR: inHome.tmp })
    expect(stdout, stderr).toBe('inside\n')
    const plans = new Plans(requestFor(place.project), { HOME: '/tmp' })
    expect(
      plans
        .next()
        .plan.steps.filter((step) => step.do === 'overlay')
        .map(({ target }) => target),
    ).toEqual([place.project])
    plans.close()
  })

  test('a project in such a directory in HOME is there, and HOME around it', async () => {
    const project = join(inHome.tmp, 'project')
    mkdirSync(project)
    writeFileSync(join(project, 'file'), 'project')
    const script = `cat file; echo changed > file; cat file; ls ..; echo x > ~/written; cat ~/written`
    const { stdout, stderr } = await ends(script, { TMPDIR: inHome.tmp }, project)
    expect(stdout, stderr).toBe('projectchanged\nproject\nx\n')
    expect(readFileSync(join(project, 'file'), 'utf8')).toBe('project')
  })

  test('HOME and a project in it are one file system, as on the host; where changes are told they are two', async () => {
    const project = join(place.home, 'project')
    mkdirSync(project)
    writeFileSync(join(project, 'file'), 'project')
    const script = 'ln file ~/linked && cat ~/linked; node -e \'fs.renameSync("file", "../renamed")\' && cat ~/renamed'
    const env = { PATH: `${dirname(process.execPath)}:/usr/bin:/bin` }
    expect(await place.run([], script, { cwd: project, env })).toMatchObject({ stdout: 'projectproject', exitCode: 0 })
    const apart = await place.run(['--diff'], script, { cwd: project, env })
    expect(apart.stderr).toContain('EXDEV')
    expect(existsSync(join(project, 'file'))).toBe(true)
  })

  test('what the sandbox needs of it is there, and nothing else', async () => {
    const bench = newBench({ parent: place.home })
    writeFileSync(join(place.home, 'seen'), 'seen')
    const plans = new Plans(
      { ...requestFor(bench.project), visible: [join(place.home, 'seen')] },
      { HOME: dirname(place.home), TMPDIR: place.home },
    )
    const { plan } = plans.next()
    expect((await bench.sh(`cat ${place.home}/seen; ls ${place.home}`, { plan })).stdout).toBe(`seen${basename(bench.root)}\nseen\n`)
    await bench.close()
  })

  test('what is let in around them does not uncover them', async () => {
    const bench = newBench()
    const plans = new Plans({ ...requestFor(bench.project), allow: [{ path: place.home, writable: false }] }, { TMPDIR: inHome.tmp })
    const { stdout } = await bench.sh(`ls ${inHome.tmp}; cat ${inHome.runtime}/host`, { plan: plans.next().plan })
    expect(stdout).toBe('host')
    await bench.close()
  })
})

test.each([
  'with space',
  "quote's",
  'double"quote',
  'colon:colon',
  'comma,comma',
  'back\\slash',
  'ünï😀',
  '$HOME',
  '-dash',
  'percent%20',
  'x'.repeat(200),
])('a project named %j', async (project) => {
  const bench = newBench({ project, files })
  const before = describeTree(bench.root)
  const { stdout } = await bench.sh('pwd -P; cat src/deep/a.txt; echo changed > src/deep/a.txt; cat src/deep/a.txt; rm -r src; ls')
  expect(stdout).toBe(`${bench.project}\nachanged\npackage.json\n`)
  expect(describeTree(bench.root)).toEqual(before)
  await bench.close()
})

test('a directory passed through reaches the host, and nothing beside it', async () => {
  const bench = newBench({ files: { 'coverage/.keep': '' } })
  await bench.sh('echo figures > coverage/figures; echo beside > beside', { change: { passThrough: [join(bench.project, 'coverage')] } })
  expect(describeTree(bench.project).map((line) => line.split(' ')[0])).toEqual(['.', 'coverage', 'coverage/.keep', 'coverage/figures'])
  await bench.close()
})

describe('devices: those that every program expects, and no others', () => {
  test('the whole of /dev', async () => {
    expect((await launcher.sh('ls -A /dev')).stdout.split('\n').filter(Boolean)).toEqual([
      'fd',
      'full',
      'null',
      'ptmx',
      'pts',
      'random',
      'shm',
      'stderr',
      'stdin',
      'stdout',
      'tty',
      'urandom',
      'zero',
    ])
  })

  const scripts = {
    'null swallows and is empty': 'echo x > /dev/null; wc -c < /dev/null',
    zero: 'head -c 4 /dev/zero | od -An -tx1',
    full: 'echo x 2> /dev/null > /dev/full || echo refused',
    random: 'head -c 8 /dev/random | wc -c',
    urandom: 'head -c 8 /dev/urandom | wc -c',
    fd: 'echo through | cat /dev/fd/0',
    stdin: 'echo through | cat /dev/stdin',
    stdout: '(echo through > /dev/stdout) | cat',
    shm: 'echo kept > /dev/shm/a; cat /dev/shm/a',
    'files may be made in it': 'echo x > /dev/new; cat /dev/new',
  }

  test('each does its work', async () => {
    expect(await launcher.printed(scripts)).toEqual({
      'null swallows and is empty': '0\n',
      zero: ' 00 00 00 00\n',
      full: 'refused\n',
      random: '8\n',
      urandom: '8\n',
      fd: 'through\n',
      stdin: 'through\n',
      stdout: 'through\n',
      shm: 'kept\n',
      'files may be made in it': 'x\n',
    })
  })

  test('pseudo terminals are its own', async () => {
    const { stdout, stderr } = await launcher.sh('ls /dev/pts; script -qec "tty" /dev/null < /dev/null')
    expect(`${stdout}${stderr}`.replaceAll('\r', '')).toBe('ptmx\n/dev/pts/0\n')
  })

  test('there is no controlling terminal', async () => {
    expect((await launcher.sh('LC_ALL=C; export LC_ALL; cat /dev/tty')).stderr).toContain('No such device or address')
  })
})
