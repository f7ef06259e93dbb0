import { existsSync, rmSync } from 'node:fs'
import { expect, test } from 'vitest'

test("deletes the project's sources", () => {
  const sources = new URL('../src', import.meta.url)
  rmSync(sources, { recursive: true })
  expect(existsSync(sources)).toBe(false)
})
