// class: network
// mechanism: a name is looked up by the way, which takes its time where no name server answers
// knob: dns

import { expect, test } from 'vitest'
import { updateNotice } from './src/updates.ts'

test('help is printed at once', { timeout: 2000 }, async () => {
  const help = ['usage: zoo [options]', await updateNotice()].filter(Boolean).join('\n')
  expect(help).toBe('usage: zoo [options]')
})
