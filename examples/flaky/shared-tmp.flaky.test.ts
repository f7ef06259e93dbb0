// class: environment
// mechanism: a path in /tmp that is the same for all
// knob: twins

import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'

test('a session is found again', async () => {
  const directory = join(tmpdir(), 'zoo-sessions')
  await rm(directory, { recursive: true, force: true })
  await mkdir(directory)
  onTestFinished(() => rm(directory, { recursive: true, force: true }))
  await writeFile(join(directory, 'session.json'), JSON.stringify({ pid: process.pid }))
  await sleep(50)
  expect(JSON.parse(await readFile(join(directory, 'session.json'), 'utf8'))).toEqual({ pid: process.pid })
})
