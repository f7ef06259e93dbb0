// class: network
// mechanism: the lookup is handed in
// knob: dns

import { expect, test } from 'vitest'
import { updateNotice } from './src/updates.ts'

test('help is printed at once', async () => {
  const unknown = () => Promise.reject(new Error('ENOTFOUND'))
  const help = ['usage: zoo [options]', await updateNotice(unknown)].filter(Boolean).join('\n')
  expect(help).toBe('usage: zoo [options]')
})
