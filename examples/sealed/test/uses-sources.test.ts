import { expect, test } from 'vitest'

test('needs the sources', async () => {
  const { greet } = await import('../src/greet.ts')
  expect(greet('you')).toBe('Hello, you')
})
