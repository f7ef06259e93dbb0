import { spawn } from 'node:child_process'
import { expect, test } from 'vitest'

test('leaks a process', () => {
  const child = spawn('sleep', ['98765'], { detached: true, stdio: 'ignore' })
  child.unref()
  expect(child.pid).toBeGreaterThan(0)
})
