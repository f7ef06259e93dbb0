// class: leak
// mechanism: the collector is called by the test
// knob: cpu, freeze

import { setImmediate as turn } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { Sessions } from './src/sessions.ts'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

test('a session that nobody has is let go', async () => {
  const sessions = new Sessions<{ user: string }>()
  sessions.add('one', { user: 'ada' })
  // What was stored or looked at in a turn of the event loop is kept until its end (WeakRef).
  await turn()
  collect()
  expect(sessions.get('one')).toBeUndefined()
})
