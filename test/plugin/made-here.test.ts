// Modules that a test writes and imports: the host, which transforms modules, never has them.

import { describe, expect, test } from 'vitest'
import { seedTest, testFile, vitestVersions } from '../support/vitest-project.ts'
import { vitestRun } from '../support/vitest-run.ts'

const cases: [name: string, specifier: string, expected: string][] = [
  ['JavaScript', '../made/a.js', '{ default: 1 }'],
  ['with a query', '../made/a.js?again', '{ default: 1 }'],
  ['TypeScript', '../made/b.ts', '{ default: 2 }'],
  ['without its extension', '../made/b', '{ default: 2 }'],
  ['by another that was written', '../made/c.js', '{ default: 1 }'],
  ['from the root', '/made/a.js', '{ default: 1 }'],
  ['JSON', '../made/d.json', '{ default: { four: 4 }, four: 4 }'],
  ['text', '../made/e.txt?raw', "{ default: 'five' }"],
  ['an address', '../made/e.txt?url', "{ default: '/made/e.txt' }"],
]

describe.each(vitestVersions)('$name', (version) => {
  test('modules that a test has written are imported by any name', async () => {
    const project = seedTest(version, {
      'tests/writes.test.ts': testFile(`import { mkdirSync, writeFileSync } from 'node:fs'
mkdirSync('made')
const made = { 'a.js': 'export default 1', 'b.ts': 'const b: number = 2; export default b', 'c.js': 'export { default } from "./a.js"', 'd.json': '{ "four": 4 }', 'e.txt': 'five' }
for (const [name, content] of Object.entries(made)) writeFileSync('made/' + name, content)
const load = (name: string) => import(name)
${cases.map(([name, specifier, expected]) => `test('${name}', async () => { expect({ ...await load('${specifier}') }).toEqual(${expected}) })`).join('\n')}`),
    })
    const run = await vitestRun(project)
    expect(run.failures).toEqual({})
    expect(Object.keys(run.tests), run.output).toHaveLength(cases.length)
    expect(project.list()).not.toContain('made')
  })

  test('a module that a test has changed is imported as it is now', async () => {
    const project = seedTest(version, {
      'tests/value.ts': `export const value = 'as it was'\n`,
      'tests/changes.test.ts': testFile(`import { writeFileSync } from 'node:fs'
const load = (name: string) => import(name)
test('changed', async () => {
  writeFileSync('tests/value.ts', "export const value: string = 'changed'")
  expect((await load('./value.ts')).value).toBe('changed')
})`),
    })
    expect((await vitestRun(project)).failures).toEqual({})
    expect(project.read('tests/value.ts')).toContain('as it was')
  })
})
