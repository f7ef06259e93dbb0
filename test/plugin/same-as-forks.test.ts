// Reporters say of a run with nsbox exactly what they say of one with vitest's own pool, apart from times and sizes.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { fixture, seedSuite, vitestVersions } from '../support/vitest-project.ts'
import { vitestRuns } from '../support/vitest-runs.ts'

/** Reporters that write lines to the terminal, and those that write a file. */
const byLine = ['default', 'verbose', 'tree', 'tap', 'tap-flat', 'hanging-process', 'github-actions', 'minimal', 'agent']
const byFile = ['json', 'junit']

/** Times and sizes differ from run to run, and so do where it writes and the order of dots, one for each test that has ended. */
function comparable(text: string, directory: string): string {
  return text
    .replaceAll(directory, 'DIRECTORY')
    .replaceAll(/\b\d+(\.\d+)? ?m?s\b/g, 'TIME')
    .replaceAll(/("(?:duration|startTime|endTime)":|(?:time|timestamp)=")[\d.:TZ-]+/g, '$1N')
    .replaceAll(/\d+(?= MB heap used)/g, 'N')
    .replaceAll(/^ *(Start at|Duration) .*$/gm, '$1')
    .replaceAll(/^[·x-]+$/gm, (dots) => [...dots].sort().join(''))
}

/** Lines come in bunches, and where those of two reporters meet differs from run to run. */
function sorted(text: string): string[] {
  return text.split('\n').sort()
}

interface Said {
  stdout: string
  stderr: string
}

/** What each run said, and how to read what it wrote. */
interface InPool {
  lines: Said
  dots: Said
  merged: Said
  file(name: string): string
}

describe.each(vitestVersions)('$name', (version) => {
  const project = seedSuite(version, fixture('same-as-forks'))
  let sealed: InPool
  let forks: InPool

  /** Each pool writes to a directory of its own. */
  async function inPool(pool: string): Promise<InPool> {
    const directory = join(project.scratch, pool)
    const blobs = `${directory}/blobs`
    const reporters = (names: string[]) => names.map((name) => `--reporter=${name}`)
    const runs = await vitestRuns(
      project,
      [
        [...reporters([...byLine, ...byFile]), ...byFile.map((name) => `--outputFile.${name}=${directory}/${name}`)],
        [...reporters(['dot', 'blob']), '--silent', `--outputFile.blob=${blobs}/blob.json`, 'fails', 'hook', 'kinds', 'odd'],
        [...reporters(['default']), `--merge-reports=${blobs}`],
      ].map((line) => [`--pool=${pool}`, ...line]),
      { reporters: [] },
    )
    const [lines, dots, merged] = runs.map(({ stdout, stderr }) => ({
      stdout: comparable(stdout, directory),
      stderr: comparable(stderr, directory),
    })) as [Said, Said, Said]
    return { lines, dots, merged, file: (name) => comparable(readFileSync(join(directory, name), 'utf8'), directory) }
  }

  beforeAll(async () => {
    ;[sealed, forks] = await Promise.all([inPool('nsbox'), inPool('forks')])
  })

  test('reporters of lines, json and junit', () => {
    expect(sorted(sealed.lines.stdout)).toEqual(sorted(forks.lines.stdout))
    expect(sorted(sealed.lines.stderr)).toEqual(sorted(forks.lines.stderr))
    for (const name of byFile) expect(sealed.file(name), name).toEqual(forks.file(name))
    expect(sealed.lines.stdout, 'logHeapUsage').toContain('MB heap used')
    expect(sealed.lines.stdout, 'detectAsyncLeaks').toMatch(/Leaks +1 leak/)
    expect(sealed.lines.stdout, 'sequence.shuffle').toMatch(/^ran (?!a b c d e f g h)(\w ){7}\w$/m)
    expect(sealed.lines.stdout, 'onConsoleLog').not.toContain('unwanted words')
    expect(sealed.lines.stdout, 'includeSource').toContain('source.ts > in source')
  })

  test('reporters dot and blob, --merge-reports, --silent', () => {
    expect(sealed.dots.stdout).toContain('·')
    expect(sealed.dots.stdout).not.toContain('third round')
    expect(sealed.dots).toEqual(forks.dots)
    expect(sealed.merged.stdout).toContain('kinds.test.ts')
    expect(sealed.merged).toEqual(forks.merged)
  })
})
