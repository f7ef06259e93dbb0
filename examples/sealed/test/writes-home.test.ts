import { readFileSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'

test('writes to HOME', () => {
  const file = join(homedir(), '.nsbox-demo')
  writeFileSync(file, 'mine')
  expect(readFileSync(file, 'utf8')).toBe('mine')
})
