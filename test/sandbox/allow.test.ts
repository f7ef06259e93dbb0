// @module-tag root
// Paths of the host that are let in, wherever they lie.

import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { AllowedPath } from '../../src/plan/reach.ts'
import type { ZygoteMode } from '../../src/zygote/v8-flags.ts'
import { evaluate, type Inside } from '../support/evaluate.ts'
import { Place } from '../support/place.ts'
import { Bench, payloadFixture, warmModes } from '../support/sandbox.ts'

let bench: Bench
beforeAll(() => {
  bench = new Bench()
})
afterAll(() => bench.close())

const allow = (...paths: (string | AllowedPath)[]) => ({
  change: { allow: paths.map((path) => (typeof path === 'string' ? { path, writable: false } : path)) },
})
const writable = (path: string): AllowedPath => ({ path, writable: true })

/** A directory with a file in it, which writes must not reach, or must. */
function place(path: string): string {
  mkdirSync(path, { recursive: true })
  writeFileSync(join(path, 'file'), 'host')
  return path
}

const outside = join(homedir(), `.nsbox-allow-${process.pid}`)
afterAll(() => rmSync(outside, { recursive: true, force: true }))

/** `~` is the home of the bench, and `.` its project. */
const places = {
  'below /tmp': () => join(bench.root, 'below-tmp'),
  'in HOME': () => join(bench.home, 'cache'),
  'in the project': () => join(bench.project, 'data'),
  'outside of all of them': () => outside,
}

test.each(Object.entries(places))('%s: read-only', async (_, at) => {
  const path = place(at())
  const { stdout, stderr } = await bench.sh(`cat ${path}/file; echo inside > ${path}/file`, allow(path))
  expect(stdout).toBe('host')
  expect(stderr).toContain('Read-only file system')
  expect(readFileSync(join(path, 'file'), 'utf8')).toBe('host')
})

test.each(Object.entries(places))('%s: writable, and writes reach the host', async (_, at) => {
  const path = place(at())
  const { exitCode, stderr } = await bench.sh(`echo inside > ${path}/file`, allow(writable(path)))
  expect(exitCode, stderr).toBe(0)
  expect(readFileSync(join(path, 'file'), 'utf8')).toBe('inside\n')
})

test('what is beside it stays as it is without', async () => {
  const path = place(join(bench.root, 'below-tmp'))
  place(join(bench.root, 'other'))
  place(join(bench.home, 'other'))
  const { stdout } = await bench.sh(`ls ${bench.root}; echo inside > ~/other/file; cat ~/other/file`, allow(path))
  expect(stdout).not.toMatch(/^other$/m)
  expect(stdout).toContain('inside')
  expect(readFileSync(join(bench.home, 'other/file'), 'utf8')).toBe('host')
})

test('~ is HOME', async () => {
  place(join(bench.home, 'cache'))
  const { stderr } = await bench.sh('echo inside > ~/cache/file', allow('~/cache'))
  expect(stderr).toContain('Read-only file system')
})

test('a single file', async () => {
  const path = join(place(join(bench.root, 'below-tmp')), 'file')
  const { stdout } = await bench.sh(`cat ${path}; ls ${dirname(path)}`, allow(path))
  expect(stdout).toBe('hostfile\n')
})

test.each(['/tmp', '/var/tmp', '/run'])('%s itself', async (path) => {
  const { stdout, stderr, exitCode } = await bench.sh(`touch ${path}/written || echo refused; echo inside > file; cat file`, allow(path))
  expect({ stdout, exitCode }, stderr).toEqual({ stdout: 'refused\ninside\n', exitCode: 0 })
  expect(existsSync(join(path, 'written'))).toBe(false)
})

test('a directory around the project: the project stays under its overlay', async () => {
  const { stdout, stderr } = await bench.sh(`echo inside > file; cat file; echo inside > ${bench.root}/file`, allow(bench.root))
  expect(stdout).toBe('inside\n')
  expect(stderr).toContain('Read-only file system')
  expect(existsSync(join(bench.project, 'file'))).toBe(false)
})

test('no handle to what is let in stays open in a process that is forked from a warm node', async () => {
  const warm = new Bench({ mode: warmModes[0] as ZygoteMode, preload: payloadFixture('evaluate') })
  const path = place(join(warm.root, 'below-tmp'))
  const open = async ({ load }: Inside) => {
    const { readdirSync, readlinkSync }: typeof import('node:fs') = await load('node:fs')
    const links = readdirSync('/proc/self/fd').map((fd) => {
      try {
        return readlinkSync(`/proc/self/fd/${fd}`)
      } catch {
        return ''
      }
    })
    return links.filter((link) => /^\/(tmp|run|var|home|root)/.test(link))
  }
  const options = allow(path, '/tmp', '/run', '/var/tmp', warm.project)
  const { stdout, stderr } = await evaluate(warm, open, [], options)
  await warm.close()
  expect(stdout, stderr).toBe('[]')
})

test('a link is there by its own name and by what it leads to', async () => {
  const path = place(join(bench.root, 'real/deep'))
  for (const link of [join(bench.root, 'link'), join(bench.home, 'link'), join(bench.project, 'link')]) {
    rmSync(link, { force: true })
    symlinkSync(path, link)
    const { stdout, stderr } = await bench.sh(`cat ${link}/file ${path}/file; echo inside > ${link}/file`, allow(link))
    expect(stdout, link).toBe('hosthost')
    expect(stderr).toContain('Read-only file system')
  }
})

test('one that is writable in one that is not, in any order', async () => {
  const path = place(join(bench.root, 'outer'))
  place(join(path, 'inner'))
  for (const order of [allow(path, writable(join(path, 'inner'))), allow(writable(join(path, 'inner')), path)]) {
    const { stderr, exitCode } = await bench.sh(`echo a > ${path}/file; echo inside > ${path}/inner/file`, order)
    expect(stderr).toContain('Read-only file system')
    expect(exitCode).toBe(0)
    expect(readFileSync(join(path, 'inner/file'), 'utf8')).toBe('inside\n')
    place(join(path, 'inner'))
  }
})

test('a socket on a read-only mount can be connected to', async () => {
  const path = join(bench.root, 'host.sock')
  const server = createServer((socket) => socket.end('the host')).listen(path)
  try {
    const ask = `import { connect } from 'node:net'; connect('${path}').on('error', (e) => console.log(e.code)).pipe(process.stdout)`
    expect(await bench.node(ask)).toMatchObject({ stdout: 'ENOENT\n' })
    expect(await bench.node(ask, allow(path))).toMatchObject({ stdout: 'the host', exitCode: 0 })
  } finally {
    server.close()
  }
})

test('what is not there is an error that says so', () => {
  const plan = (path: string) => () => bench.plans.next({ allow: [{ path, writable: false }] })
  const missing = join(bench.root, 'missing')
  expect(plan(missing)).toThrow(`allow is "${missing}": there is no ${missing}; make it before the run, or leave it out`)
  expect(plan('~/not-there')).toThrow(`allow is "~/not-there": there is no ${bench.home}/not-there`)
  expect(plan('/')).toThrow('allow is "/": the root cannot be let in as a whole')
})

describe('--bind shows the directory of the host, and not what the sandbox has mounted over it', () => {
  const command = new Place()
  afterAll(() => command.remove())

  test('the project itself: writes reach the host', async () => {
    // Beside the private directories, an overlay lies on the very place that is bound.
    const project = join(command.outside, 'project')
    mkdirSync(project)
    const { stdout } = await command.run(['--bind', '.'], 'echo written > file; cat file', { cwd: project })
    expect(stdout).toBe('written\n')
    expect(readFileSync(join(project, 'file'), 'utf8')).toBe('written\n')
  })

  test('a private directory: that of the host', async () => {
    const scratch = join(command.root, 'scratch')
    mkdirSync(scratch)
    writeFileSync(join(scratch, 'file'), 'host')
    const { stdout } = await command.run(['--bind', scratch], 'cat "$TMPDIR/file"; echo written > "$TMPDIR/file"', {
      env: { TMPDIR: scratch },
    })
    expect(stdout).toBe('host')
    expect(readFileSync(join(scratch, 'file'), 'utf8')).toBe('written\n')
  })

  test('one directory at two places, one of them read-only', async () => {
    const flags = ['--bind', `${command.outside}:/mnt`, '--ro-bind', `${command.outside}:/media`]
    const { stdout, stderr } = await command.run(flags, 'echo written > /mnt/twice; cat /media/twice; echo again > /media/twice')
    expect(stdout).toBe('written\n')
    expect(stderr).toContain('Read-only file system')
  })
})
