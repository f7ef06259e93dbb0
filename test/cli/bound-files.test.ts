// Promise: a file that is bound for writing is written to on the host; where a command fails to replace it, that is said.

import { once } from 'node:events'
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { CommandPlace } from '../support/command-place.ts'

const place = new CommandPlace()
mkdirSync(join(place.project, 'config'))
afterAll(() => place.remove())

const replaces = (file: string, atFailure = '') =>
  `cp ${file} ${file}.new && echo new >> ${file}.new && mv ${file}.new ${file} || { ${atFailure}; exit 1; }`

describe.each([
  ['in HOME', '../settings'],
  ['in the project', 'settings'],
  ['in a directory of the project', 'config/settings'],
])('%s', (_, file) => {
  const at = join(place.project, file)
  beforeEach(() => place.write(file, 'old\n'))
  const run = async (script: string) => {
    const nsbox = place.spawn(['nsbox', 'run', '--bind', file, '--', 'sh', '-c', script], { stdio: ['ignore', 'ignore', 'pipe'] })
    const [err] = await Promise.all([text(nsbox.stderr as Readable), once(nsbox, 'close')])
    return { err, content: readFileSync(at, 'utf8') }
  }
  const said = `nsbox: ${at} is a bound file: it can be written to, but not replaced by rename (EBUSY). Bind its directory instead: --bind `

  test('is written to', async () => {
    expect(await run(`echo new >> ${file}`)).toEqual({ err: '', content: 'old\nnew\n' })
  })

  test.each([
    ['and leaves the new file', ''],
    ['and removes the new file', `rm ${file}.new`],
  ])('a command that fails to replace it %s', async (_, atFailure) => {
    const { err, content } = await run(replaces(file, atFailure || 'true'))
    expect(err).toContain(said)
    expect(content).toBe('old\n')
  })

  test.each([
    ['fails otherwise', 'exit 1'],
    ['writes to it and fails', `echo new >> ${file}; exit 1`],
    ['makes other files beside it and fails', `touch $(dirname ${file})/other; exit 1`],
  ])('nothing is said where a command %s', async (_, script) => {
    expect((await run(script)).err).toBe('')
  })
})
