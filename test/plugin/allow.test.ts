// The pool's option allow: paths and sockets of the host, in every file.

import { once } from 'node:events'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { fixture, nsboxConfig, oneVitest, seedSuite, seedTest, testFile, vitestVersions } from '../support/vitest-project.ts'
import { type VitestRun, vitestRun } from '../support/vitest-run.ts'

describe.each(vitestVersions)('$name', (version) => {
  const project = seedSuite(version, {
    '../scratch/data/file': 'host',
    '../home/.cache/file': 'cached',
    'images/.keep': '',
    'images/kept': 'old',
    'other/.keep': '',
    ...fixture('allow'),
  })
  const { root, scratch } = project
  const allow = [`${scratch}/host.sock`, '~/.cache', { path: `${scratch}/data`, writable: true }, `${root}/images:rw`]
  project.write('vitest.config.ts', nsboxConfig({ options: `allow: ${JSON.stringify(allow)}` }))
  let run: VitestRun
  beforeAll(async () => {
    const server = createServer((socket) => socket.end('the host')).listen(join(scratch, 'host.sock'))
    await once(server, 'listening')
    run = await vitestRun(project, [], { env: { SCRATCH: scratch } })
    server.close()
  })

  test('a socket, a cache in HOME and a directory that may be written', () => {
    expect(run.tests, run.output).toMatchObject({
      'allowed.test.ts > a socket': 'passed',
      'allowed.test.ts > read-only': 'passed',
      'allowed.test.ts > writable': 'passed',
    })
    expect(project.read('../scratch/data/written')).toBe('inside')
  })

  test('snapshots that a matcher writes itself, as jest-image-snapshot does', () => {
    expect(run.tests['image.test.ts > image'], run.output).toBe('passed')
    expect(project.read('images/image')).toBe('old')
    expect(project.list('other')).toEqual(['.keep'])
    expect(run.output).toContain('wrote    other/image (added)')
    expect(run.failures, run.output).toEqual({ 'image.test.ts > a new image': expect.stringContaining('another image') })
  })
})

describe.each(oneVitest)('$name', (version) => {
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
