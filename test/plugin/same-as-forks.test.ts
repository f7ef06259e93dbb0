// What reporters say of a run is what they say with vitest's own pool, apart from times and sizes.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { nsboxConfig, seedSuite, testFile, vitestVersions } from '../support/vitest-project.ts'
import { vitestRun } from '../support/vitest-run.ts'

const config = nsboxConfig({
  test: `fileParallelism: false, logHeapUsage: true, detectAsyncLeaks: true, includeTaskLocation: true, includeSource: ['source.ts'],
  slowTestThreshold: 600_000, sequence: { shuffle: true, seed: 7 }, tags: [{ name: 'slow', timeout: 30_000 }], onConsoleLog: (text) => !text.includes('unwanted'), experimental: { diagnostics: false }`,
})

const letters = `for (const letter of 'abcdefgh') test(letter, () => { ran.push(letter) })`
const files: Record<string, string> = {
  'kinds.test.ts': testFile(`const ran = []; let tries = 0; let rounds = 0
describe('a suite', () => {
  ${letters}
  afterAll(() => { console.log('ran ' + ran.join(' ')) })
  test.skip('skipped', () => {})
  test.todo('to be written')
  test('skips itself', ({ skip }) => { skip('for a reason') })
})
test('retried', { retry: 3 }, () => { expect(++tries).toBe(3) })
test('repeated', { repeats: 2 }, () => { if (++rounds === 3) console.log('third round') })
test.fails('fails as it should', () => { expect(1).toBe(2) })
test('annotated', async ({ annotate }) => { await annotate('a note') })
test('tagged', { tags: ['slow'] }, () => { console.log('unwanted words') })
test.concurrent('together', async ({ expect }) => { expect(1).toBe(1) })
test.each([[1, 2], [3, 4]])('%i and %i', (one, other) => { expect(other - one).toBe(1) })`),
  'fails.test.ts': testFile(`
test('differs', () => { expect({ a: 1, b: [1, 2] }).toEqual({ a: 1, b: [1, 3] }) })
test('throws', () => { throw new Error('thrown', { cause: new TypeError('the cause') }) })
test('a snapshot', () => { expect('new').toMatchInlineSnapshot('"old"') })
test('asserts nothing', () => { expect.hasAssertions() })`),
  'hook.test.ts': testFile(`beforeAll(() => { throw new Error('thrown in beforeAll') }); test('never runs', () => {})`),
  'leaks.test.ts': testFile(`test('leaves a timer', () => { setInterval(() => {}, 100_000) })`),
  'source.ts': `export const add = (a: number, b: number): number => a + b
if (import.meta.vitest) { const { test, expect } = import.meta.vitest; test('in source', () => { expect(add(1, 2)).toBe(3) }) }\n`,
}

/** Reporters that write lines to the terminal, and those that write a file. */
const byLine = ['default', 'verbose', 'tree', 'tap', 'tap-flat', 'hanging-process', 'github-actions', 'minimal', 'agent']
const byFile = ['json', 'junit']

/** Times and sizes differ from run to run, and so does where it writes. */
function comparable(text: string, directory: string): string {
  return text
    .replaceAll(directory, 'DIRECTORY')
    .replaceAll(/\b\d+(\.\d+)? ?m?s\b/g, 'TIME')
    .replaceAll(/("(?:duration|startTime|endTime)":|(?:time|timestamp)=")[\d.:TZ-]+/g, '$1N')
    .replaceAll(/\d+(?= MB heap used)/g, 'N')
    .replaceAll(/^ *(Start at|Duration) .*$/gm, '$1')
}

/** Lines come in bunches, and where those of two reporters meet differs from run to run. */
function sorted(text: string): string[] {
  return text.split('\n').sort()
}

describe.each(vitestVersions)('$name', (version) => {
  const project = seedSuite(version, { 'vitest.config.ts': config, ...files })
  /** The same words in both pools, each with a directory of its own for what is written. */
  const inBoth = (reporters: string[], words: (directory: string) => string[]) =>
    Promise.all(
      ['nsbox', 'forks'].map(async (pool) => {
        const directory = join(project.scratch, pool)
        const { stdout, stderr } = await vitestRun(project, [`--pool=${pool}`, ...words(directory)], { reporters })
        const file = (name: string) => comparable(readFileSync(join(directory, name), 'utf8'), directory)
        return { stdout: comparable(stdout, directory), stderr: comparable(stderr, directory), file }
      }),
    )

  test('reporters of lines, json and junit', async () => {
    const [sealed, forks] = await inBoth([...byLine, ...byFile], (directory) =>
      byFile.map((name) => `--outputFile.${name}=${directory}/${name}`),
    )
    expect(sorted(sealed?.stdout ?? '')).toEqual(sorted(forks?.stdout ?? ''))
    expect(sorted(sealed?.stderr ?? '')).toEqual(sorted(forks?.stderr ?? ''))
    for (const name of byFile) expect(sealed?.file(name), name).toEqual(forks?.file(name))
    expect(sealed?.stdout, 'logHeapUsage').toContain('MB heap used')
    expect(sealed?.stdout, 'detectAsyncLeaks').toMatch(/Leaks +1 leak/)
    expect(sealed?.stdout, 'sequence.shuffle').toMatch(/^ran (?!a b c d e f g h)(\w ){7}\w$/m)
    expect(sealed?.stdout, 'onConsoleLog').not.toContain('unwanted words')
    expect(sealed?.stdout, 'includeSource').toContain('source.ts > in source')
  })

  test('reporters dot and blob, --merge-reports, --silent', async () => {
    const blobs = (directory: string) => `${directory}/blobs`
    const [sealed, forks] = await inBoth(['dot', 'blob'], (directory) => ['--silent', `--outputFile.blob=${blobs(directory)}/blob.json`])
    expect(sealed?.stdout).toContain('·')
    expect(sealed?.stdout).not.toContain('third round')
    expect(sealed?.stdout).toEqual(forks?.stdout)
    expect(sealed?.stderr).toEqual(forks?.stderr)
    const [ours, theirs] = await inBoth(['default'], (directory) => [`--merge-reports=${blobs(directory)}`])
    expect(ours?.stdout).toContain('kinds.test.ts')
    expect(ours?.stdout).toEqual(theirs?.stdout)
    expect(ours?.stderr).toEqual(theirs?.stderr)
  })
})
