// class: race
// mechanism: of two jobs in the thread pool of libuv the shorter one is expected to win
// knob: uv

import { scrypt } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

test('the cached page is faster than a new one', async () => {
  const made = promisify(scrypt)('page', 'salt', 64).then(() => 'made')
  const cached = readFile(import.meta.filename).then(() => 'cached')
  const winner = await Promise.race([made, cached])
  await Promise.all([made, cached])
  expect(winner).toBe('cached')
})
