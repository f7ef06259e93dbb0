// What vitest's JSON reporter says, reduced to what two pools must agree on.

import { readFileSync } from 'node:fs'
import { relative } from 'node:path'

/** Of the JSON reporter's file, the part that is read here. */
interface JsonReport {
  numTotalTests: number
  testResults: {
    name: string
    status: string
    message: string
    assertionResults: { fullName: string; status: string; failureMessages: string[] }[]
  }[]
}

export interface TestReport {
  files: number
  tests: number
  passed: number
  failed: number
  skipped: number
  /** For each file and full name the statuses, sorted: a name can occur more than once. */
  statuses: Map<string, string[]>
  /** First lines of what went wrong, by the same key. */
  messages: Map<string, string>
}

/** Statuses of tests that did not run. */
const notRun = ['skipped', 'pending', 'todo', 'disabled']

export function readTestReport(path: string, root: string): TestReport {
  const json = JSON.parse(readFileSync(path, 'utf8')) as JsonReport
  const statuses = new Map<string, string[]>()
  const messages = new Map<string, string>()
  const add = (key: string, status: string, message = '') => {
    statuses.set(key, [...(statuses.get(key) ?? []), status].sort())
    if (status === 'failed') messages.set(key, message.split('\n').slice(0, 3).join(' / '))
  }
  for (const { name, status, message, assertionResults } of json.testResults) {
    const file = relative(root, name)
    // A file can fail before it has any tests.
    add(file, status, message)
    for (const { fullName, status, failureMessages } of assertionResults) add(`${file} > ${fullName}`, status, failureMessages[0])
  }
  const all = json.testResults.flatMap(({ assertionResults }) => assertionResults.map(({ status }) => status))
  return {
    files: json.testResults.length,
    tests: all.length,
    passed: all.filter((status) => status === 'passed').length,
    failed: all.filter((status) => status === 'failed').length,
    skipped: all.filter((status) => notRun.includes(status)).length,
    statuses,
    messages,
  }
}

/** Where two pools did not see the same, one line each. */
export function differences(a: TestReport, b: TestReport): string[] {
  const keys = [...new Set([...a.statuses.keys(), ...b.statuses.keys()])].sort()
  return keys.flatMap((key) => {
    const [one, other] = [a, b].map(({ statuses }) => statuses.get(key)?.join(', ') ?? 'absent')
    if (one === other) return []
    const message = b.messages.get(key) ?? a.messages.get(key)
    return [`${key}: ${one} → ${other}${message ? `: ${message}` : ''}`]
  })
}
