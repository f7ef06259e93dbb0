// Promise: what nsbox exports changes only on purpose.

import { expect, test } from 'vitest'
import * as vitestPlugin from '../../plugin/index.ts'
import * as library from '../../src/index.ts'

test('the library', () => {
  expect(Object.keys(library).sort()).toMatchInlineSnapshot(`
    [
      "NsboxError",
      "createSandbox",
      "default",
      "doctor",
      "plan",
      "run",
    ]
  `)
})

test('the vitest plugin', () => {
  expect(Object.keys(vitestPlugin).sort()).toMatchInlineSnapshot(`
    [
      "default",
      "nsbox",
      "nsboxPool",
    ]
  `)
})

test('the fields of a plan', async () => {
  expect(Object.keys(await library.plan()).sort()).toMatchInlineSnapshot(`
    [
      "lastSteps",
      "namespaces",
      "seal",
      "steps",
    ]
  `)
})

test('the fields of a report', async () => {
  expect(Object.keys(await library.run({ command: ['true'] })).sort()).toMatchInlineSnapshot(`
    [
      "capHit",
      "cause",
      "changes",
      "command",
      "durationMs",
      "enforced",
      "error",
      "exitCode",
      "exposed",
      "limits",
      "notEnforced",
      "refused",
      "rlimitEnd",
      "signal",
      "startedMs",
      "stderr",
      "stdout",
      "truncated",
      "unrelayed",
      "unseen",
      "usage",
    ]
  `)
})
