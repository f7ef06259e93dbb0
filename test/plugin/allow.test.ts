// The pool's option allow: paths and sockets of the host, in every file.

import { createServer } from 'node:net'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { nsboxConfig, seedTest, testFile, vitestVersions } from '../support/vitest-project.ts'
import { vitestRun } from '../support/vitest-run.ts'

describe.each(vitestVersions)('$name', (version) => {
  test('a socket, a cache in HOME and a directory that may be written', async () => {
    const project = seedTest(version, {
      '../scratch/data/file': 'host',
      '../home/.cache/file': 'cached',
      'allowed.test.ts':
        testFile(`import { once } from 'node:events'; import { readFileSync, writeFileSync } from 'node:fs'; import { connect } from 'node:net'
const scratch = process.env.SCRATCH
test('a socket', async () => { const [answer] = await once(connect(scratch + '/host.sock'), 'data'); expect(String(answer)).toBe('the host') })
test('read-only', () => {
  const path = process.env.HOME + '/.cache/file'
  expect(readFileSync(path, 'utf8')).toBe('cached'); expect(() => writeFileSync(path, '')).toThrow('EROFS')
})
test('writable', () => { expect(readFileSync(scratch + '/data/file', 'utf8')).toBe('host'); writeFileSync(scratch + '/data/written', 'inside') })`),
    })
    const { scratch } = project
    project.write(
      'vitest.config.ts',
      nsboxConfig({ options: `allow: ['${scratch}/host.sock', '~/.cache', { path: '${scratch}/data', writable: true }]` }),
    )
    const server = createServer((socket) => socket.end('the host')).listen(join(scratch, 'host.sock'))
    onTestFinished(() => void server.close())
    const run = await vitestRun(project, [], { env: { SCRATCH: scratch } })
    expect(run.exitCode, run.output).toBe(0)
    expect(Object.values(run.tests)).toEqual(['passed', 'passed', 'passed'])
    expect(project.read('../scratch/data/written')).toBe('inside')
  })

  test('snapshots that a matcher writes itself, as jest-image-snapshot does', async () => {
    const project = seedTest(version, {
      'images/.keep': '',
      'other/.keep': '',
      'image.test.ts': testFile(`import { existsSync, readFileSync, writeFileSync } from 'node:fs'
expect.extend({ toMatchImage(image, path) {
  if (!existsSync(path)) writeFileSync(path, image)
  return { pass: readFileSync(path, 'utf8') === image, message: () => 'another image' }
} })
test('image', () => { expect(process.env.IMAGE).toMatchImage('images/image'); expect(process.env.IMAGE).toMatchImage('other/image') })`),
    })
    project.write('vitest.config.ts', nsboxConfig({ options: `allow: ['${project.root}/images:rw']` }))
    const run = await vitestRun(project, [], { env: { IMAGE: 'old' } })
    expect(run.exitCode, run.output).toBe(0)
    expect(project.read('images/image')).toBe('old')
    expect(project.list('other')).toEqual(['.keep'])
    expect(run.output).toContain('wrote    other/image (added)')
    const second = await vitestRun(project, [], { env: { IMAGE: 'new' } })
    expect(second.failures['image.test.ts > image'], second.output).toContain('another image')
  })

  test.each([
    ['allow', "allow: ['/tmp', '~/not-there:rw']"],
    ['rules.0.allow', "rules: [{ files: 'other/**', allow: ['~/not-there'] }]"],
  ])('a path that is not there stops the run, and is named: %s', async (name, options) => {
    const project = seedTest(version, {
      'vitest.config.ts': nsboxConfig({ options }),
      'a.test.ts': testFile(`test('runs', () => {})`),
    })
    const run = await vitestRun(project)
    expect(run.stderr).toContain(`${name} is "~/not-there": there is no ${project.home}/not-there; make it before the run, or leave it out`)
    expect(run.tests).toEqual({})
    expect(run.exitCode).toBe(1)
  })
})
