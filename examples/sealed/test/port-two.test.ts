import { expect, test } from 'vitest'
import { serveOnPort3000 } from './serve.ts'

test('serves on port 3000 as well', async () => {
  expect(await serveOnPort3000('two')).toBe('two')
})
