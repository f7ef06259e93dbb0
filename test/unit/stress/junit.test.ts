// Promise: junit.xml is XML whatever tests print, in Surefire's words for flaky and broken tests.

import { createRequire } from 'node:module'
import { describe, expect, test } from 'vitest'
import { junitOf } from '../../../src/stress/output/junit.ts'
import type { Results } from '../../../src/stress/results.ts'
import { verdictsOf } from '../../../src/stress/verdicts.ts'
import { attempt, error, gridResults, hostileResults, results, testResult } from '../../support/stress-results.ts'

interface XmlElement {
  tagName: string
  textContent: string
  children: Iterable<XmlElement>
  getAttribute(name: string): string | null
  querySelector(selector: string): XmlElement | null
}

/** jsdom's parser is strict, and has no types of its own here. */
const { JSDOM } = createRequire(import.meta.url)('jsdom') as {
  JSDOM: new (text: string, options: { contentType: string }) => { window: { document: { documentElement: XmlElement } } }
}

function parsed(content: Results): XmlElement {
  return new JSDOM(junitOf(content), { contentType: 'application/xml' }).window.document.documentElement
}

function testcase(root: XmlElement, name: string): XmlElement {
  const found = root.querySelector(`testcase[name="${name}"]`)
  if (!found) throw new Error(`There is no test case ${name}`)
  return found
}

const tags = ({ children }: XmlElement) => [...children].map(({ tagName }) => tagName)

test('a flaky test is one that passed, with its failures', () => {
  const root = parsed(gridResults())
  expect(['tests', 'failures', 'errors'].map((name) => root.getAttribute(name))).toEqual(['4', '0', '0'])
  const flaky = testcase(root, 'cart > is saved after the debounce')
  expect(tags(flaky)).toEqual([...Array(20).fill('flakyFailure'), 'system-out'])
  const failure = flaky.querySelector('flakyFailure') as XmlElement
  expect(failure.getAttribute('message')).toBe("expected 'unsaved' to be 'saved' // Object.is equality")
  expect(failure.getAttribute('type')).toBe('AssertionError')
  expect(tags(failure)).toEqual(['stackTrace', 'system-out'])
  expect(failure.querySelector('system-out')?.textContent).toMatch(/^n1:cpu=0\.1\/1s,memory=64M,seed=\d+\n.*saving the cart/s)
  expect(flaky.querySelector('flakyFailure + system-out')?.textContent).toMatch(/^FLAKY 42\/125.*\nnsbox repro 'src/s)
  expect(tags(testcase(root, 'cart > adds'))).toEqual([])
  expect(tags(testcase(root, 'src/cart.test.ts'))).toContain('flakyError')
})

describe('a broken test', () => {
  const failing = (number: number) => attempt({ number, tests: [testResult('adds', [error(`number ${number}`)])] })
  const attempts = [0, 1, 2].map(failing)
  const root = parsed(results({ attempts, tests: verdictsOf(attempts) }))
  test('has a failure, and those of its other runs', () => {
    expect(root.getAttribute('failures')).toBe('1')
    expect(tags(testcase(root, 'adds'))).toEqual(['failure', 'rerunFailure', 'rerunFailure', 'system-out'])
    expect(testcase(root, 'adds').querySelector('failure')?.textContent).toContain('number 0')
  })
})

test('what XML cannot hold is told in other characters', () => {
  const root = parsed(hostileResults())
  const [, failed] = [...root.children]
  expect(failed).toBeUndefined()
  const message = root.querySelector('flakyFailure')?.getAttribute('message')
  expect(message).toContain('<img src=x onerror="document.title=1">')
  expect(message).toContain(']]> \u202e\\u0000red\\u0007 \\ud800')
})

test('line feeds of a message are kept', () => {
  const attempts = [attempt({ tests: [testResult('adds', [error('a\nb')])] }), attempt({ number: 1 })]
  const failure = parsed(results({ attempts, tests: verdictsOf(attempts) })).querySelector('flakyFailure')
  expect(failure?.getAttribute('message')).toBe('a\nb')
})
