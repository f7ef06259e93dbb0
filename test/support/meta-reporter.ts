// A reporter for seeded projects: appends each file's `meta.nsbox` to the file that NSBOX_TEST_META names, a line of JSON each.

import { appendFileSync } from 'node:fs'
import type { Reporter, TestModule } from 'vitest/node'

export default class MetaReporter implements Reporter {
  onTestModuleEnd(module: TestModule): void {
    const path = process.env['NSBOX_TEST_META']
    const { nsbox } = module.meta() as { nsbox?: unknown }
    if (path && nsbox) appendFileSync(path, `${JSON.stringify([module.relativeModuleId, nsbox])}\n`)
  }
}
