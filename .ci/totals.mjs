// totals.mjs FAILED-STEPS REPORT...: names every test that failed, then the totals of all of vitest's JSON reports.

import { readFileSync } from 'node:fs'
import { basename, dirname } from 'node:path'

const [steps, ...reports] = process.argv.slice(2)
let passed = 0
let failed = 0
for (const path of reports) {
  const report = JSON.parse(readFileSync(path, 'utf8'))
  passed += report.numPassedTests
  failed += report.numFailedTests
  for (const file of report.testResults.filter(({ status }) => status === 'failed')) {
    const where = `${basename(dirname(path))}/${basename(path)}: ${file.name}`
    if (file.message) console.log(`${where}\n  ${file.message.slice(0, 1000)}`)
    for (const test of file.assertionResults.filter(({ status }) => status === 'failed')) {
      console.log(`${where} > ${test.fullName}\n  ${(test.failureMessages ?? []).join('\n').slice(0, 1000)}`)
    }
  }
}
console.log(`${passed} passed, ${failed > 0 ? failed : steps} failed`)
process.exit(reports.length > 0 ? 0 : 1)
