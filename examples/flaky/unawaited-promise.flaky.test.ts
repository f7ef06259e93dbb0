// class: async wait
// mechanism: a promise that nobody awaits: reading a file is expected to be faster than scrypt on another thread
// knob: uv

import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { Accounts } from './src/accounts.ts'

test('an administrator signs in', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'accounts-'))
  onTestFinished(() => rm(directory, { recursive: true }))
  await writeFile(join(directory, 'roles.json'), '{ "ada": "administrator" }')
  const accounts = new Accounts()
  void accounts.start(join(directory, 'roles.json'))
  const { role } = await accounts.signIn('ada', 'analytical')
  expect(role).toBe('administrator')
})
