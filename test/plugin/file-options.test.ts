// The options of single files: rules and docblocks.

import { beforeAll, describe, expect, test } from 'vitest'
import { fixture, seedSuite, seedTest, vitestVersions } from '../support/vitest-project.ts'
import { startVitest, type VitestRun, vitestRun } from '../support/vitest-run.ts'

const seeded = fixture('file-options')
const own = seeded['files/a.test.ts'] as string
const each = ['a', 'b.host', 'c', 'd.host']

/** Pools, and the files in each: only where files share a worker does it matter that one like the first comes last. */
const pools: [name: string, pool: string, files: string[]][] = [
  ['in a sandbox each', 'isolated', each],
  ['in a fresh node each', 'cold', each],
  ['without isolation, in 1 worker: another sandbox takes over where files differ', 'one-worker', [...each, 'e']],
  ['without isolation, in 2 workers: another sandbox takes over where files differ', 'two-workers', [...each, 'e']],
]
const inPools = Object.fromEntries(
  pools.flatMap(([, pool, names]) => names.map((name) => [`${pool}/${name}.test.ts`, seeded[`files/${name}.test.ts`] as string])),
)
const wrong = (name: string) => ({
  [`${name}/a.test.ts`]: own,
  [`${name}/b.test.ts`]: `\n// @nsbox memory=much\n${own}`,
  [`${name}/c.test.ts`]: own,
})

describe.each(vitestVersions)('$name', (version) => {
  const project = seedSuite(version, { ...seeded, ...inPools, 'capped/b.test.ts': own, ...wrong('wrong'), ...wrong('wrong-shared') })
  let run: VitestRun
  beforeAll(async () => {
    run = await vitestRun(project)
  })

  describe('what a file reaches is said by rules, and by its docblock in the end', () => {
    test.each(pools)('%s', (_, pool, names) => {
      const results = Object.entries(run.tests).filter(([name]) => name.startsWith(`${pool}/`))
      expect(Object.fromEntries(results), run.output).toEqual(
        Object.fromEntries(names.map((name) => [`${pool}/${name}.test.ts > net`, 'passed'])),
      )
    })
  })

  describe('docblocks that fail their files', () => {
    test('limits of a docblock hold where nothing else is limited', () => {
      expect(run.stderr, run.output).toMatch(
        /capped\/a\.test\.ts: killed by its memory cap of 256 MiB \(peak [\d.]+ MiB\) in test 'memory'/,
      )
    })

    test.each(['wrong', 'wrong-shared'])('one that is wrong fails its file with line and column: %s', (name) => {
      expect(run.stderr).toContain(`${name}/b.test.ts:2:11: memory is "much": it must be a size such as 64M`)
    })

    test('the other files keep their results', () => {
      const passed = ['capped/b', 'wrong/a', 'wrong/c', 'wrong-shared/a', 'wrong-shared/c']
      const results = Object.entries(run.tests).filter(([name, status]) => /^(capped|wrong)/.test(name) && status !== 'pending')
      expect(Object.fromEntries(results), run.output).toEqual(Object.fromEntries(passed.map((name) => [`${name}.test.ts > net`, 'passed'])))
    })
  })

  test('one error for each file that fails and none besides, and exit code 1', () => {
    expect(run.output).toMatch(/Errors +3 errors/)
    expect(run.exitCode).toBe(1)
  })

  test('a docblock that changes is seen in watch mode', async () => {
    const project = seedTest(version, { ...seeded, 'isolated/a.test.ts': `// @nsbox net=host\n${own}` })
    const watch = startVitest(project, ['watch', '--project=isolated', 'isolated/'])
    await watch.said(/for file changes/)
    expect(watch.output()).toMatch(/Tests +1 failed/)
    const from = watch.output().length
    project.write('isolated/a.test.ts', own)
    await watch.said(/for file changes/, from)
    expect(watch.output().slice(from)).toMatch(/Tests +1 passed/)
    watch.child.kill('SIGINT')
    await watch.done
  })
})
