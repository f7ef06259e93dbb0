// Tests that fail without any knob: they take no further attempts. Pure.

import type { Attempt } from './results.ts'
import { testPattern } from './test-id.ts'
import { verdictsOf } from './verdicts.ts'

/** Names of those that failed in all of the baseline of a file; null is the file as a whole. */
export function brokenOf(baseline: readonly Attempt[]): (string | null)[] {
  return verdictsOf(baseline)
    .filter(({ verdict }) => verdict === 'BROKEN')
    .map(({ name }) => name)
}

export interface WhatIsLeft {
  /** No test of the file is worth another attempt. */
  nothing: boolean
  /** For vitest, where some of its tests are left out. */
  testNamePattern?: string
}

/** @param asked vitest's pattern for the whole campaign */
export function withoutBroken(baseline: readonly Attempt[], asked: string | undefined): WhatIsLeft {
  const broken = brokenOf(baseline)
  const names = new Set(baseline.flatMap(({ result }) => result.tests.filter(({ state }) => state !== 'skipped').map(({ name }) => name)))
  const named = broken.filter((name) => name !== null)
  const good = [...names].filter((name) => !broken.includes(name))
  if (good.length === 0) return { nothing: true }
  if (named.length === 0) return { nothing: false }
  const others = `^(?!${named.map((name) => testPattern(name).slice(1)).join('|')})`
  return { nothing: false, testNamePattern: asked === undefined ? others : `${others}(?=[\\s\\S]*(?:${asked}))` }
}
