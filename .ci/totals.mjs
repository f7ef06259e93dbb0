// totals.mjs FAILED-STEPS REPORT...: from vitest's JSON reports, prints the slowest test files, then every test that failed, and the totals.

import { readFileSync } from 'node:fs'
import { basename, dirname } from 'node:path'

const [steps, ...reports] = process.argv.slice(2)
let passed = 0
let failed = 0
const files = []
const failures = []
for (const path of reports) {
  const report = JSON.parse(readFileSync(path, 'utf8'))
  passed += report.numPassedTests
  failed += report.numFailedTests
  for (const file of report.testResults) {
    const where = `${basename(dirname(path))}/${basename(path)}: ${file.name.replace(/.*\/(?=test\/)/, '')}`
    files.push({ where, seconds: (file.endTime - file.startTime) / 1000 })
    if (file.status !== 'failed') continue
    if (file.message) failures.push(`${where}\n  ${file.message.slice(0, 1000)}`)
    for (const test of file.assertionResults.filter(({ status }) => status === 'failed')) {
      failures.push(`${where} > ${test.fullName}\n  ${(test.failureMessages ?? []).join('\n').slice(0, 1000)}`)
    }
  }
}
const slowest = files.sort((a, b) => b.seconds - a.seconds).slice(0, 40)
for (const { where, seconds } of slowest) console.log(`${seconds.toFixed(1).padStart(7)} s  ${where}`)
for (const failure of failures) console.log(failure)
console.log(`${passed} passed, ${failed > 0 ? failed : steps} failed`)
process.exit(reports.length > 0 ? 0 : 1)
