// class: leak
// mechanism: garbage is expected to be collected within a time
// knob: cpu, freeze

import { setImmediate as turn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { Sessions } from './src/sessions.ts'

test('a session that nobody has is let go', async () => {
  const sessions = new Sessions<{ user: string }>()
  sessions.add('one', { user: 'ada' })
  const until = performance.now() + 500
  while (performance.now() < until) {
    Buffer.from('garbage '.repeat(100_000))
    await turn()
  }
  expect(sessions.get('one')).toBeUndefined()
})
