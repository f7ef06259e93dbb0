// Promise: whoever gave flags reads of flags, and of names as they are.

import { expect, test } from 'vitest'
import { inFlags } from '../../../src/config/run-flags.ts'
import { type ErrorData, NsboxError } from '../../../src/errors.ts'
import { wrongPorts } from '../../../src/plan/port-steps.ts'
import { wrongTraffic } from '../../../src/plan/traffic.ts'

function changed(message: string, hint?: string): Pick<ErrorData, 'message' | 'hint'> {
  const { code, stage } = new NsboxError('', { code: 'ERR_NSBOX_CONFIG', stage: 'config' })
  const { message: changedMessage, hint: changedHint } = inFlags({ message, hint, code, stage })
  return { message: changedMessage, hint: changedHint }
}

const traffic = { delay: 50, loss: 0, seed: 1 }

test.each([
  ['expose is 80:3000: the caller may not listen', '--expose is 80:3000: the caller may not listen'],
  [
    "memoryHigh cannot be limited here: no cgroup with the controller memory (limitsBy is 'emulation'), and nothing else holds it",
    '--memory-high cannot be limited here: no cgroup with the controller memory (--limits-by is emulation), and nothing else holds it',
  ],
  [
    `--forward is 80: ${wrongPorts({ net: 'host', forward: [{ listen: 80, to: 80 }] })?.why}`,
    '--forward is 80: with --net host there is but one localhost: leave out one of the two',
  ],
  [
    wrongTraffic({ net: 'host', traffic }) as string,
    "the delay and loss of packets are 50 ms and 0 %: with --net host localhost is the host's own: leave out one of the two",
  ],
])('%s', (text, expected) => {
  expect(changed(text).message).toBe(expected)
})

test('hints too', () => {
  expect(changed('', "`nsbox doctor` says what is missing; seal: 'prefer' runs without").hint).toBe(
    '`nsbox doctor` says what is missing; --seal prefer runs without',
  )
})

test.each([
  'memory cannot be limited here: no cgroup',
  'Cannot run "memoryHigh": it is not found along PATH',
  `Cannot run "seal: 'prefer'": it is not found along PATH`,
  `--rootfs is "net: 'host'": it does not exist`,
  '--bind is "a mapRange b/none": it does not exist',
  "/nope cpuWeight timeout net: 'host': it is no cgroup v2",
  "No such directory: /a seal: 'prefer' stops there/x",
  '/srv/memoryHigh/limitsBy is no cgroup',
  "keep is 'never', and code: 'ENOENT' stays",
  'This process is in a sandbox, where net is',
])('%s: is as it was', (text) => {
  expect(changed(text).message).toBe(text)
})

test('what is in quotes in a hint is as it was', () => {
  const hint = `Name another place than "net: 'host'".`
  expect(changed('', hint).hint).toBe(hint)
})
