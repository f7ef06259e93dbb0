import { describe, expect, test } from 'vitest'
import { nsboxConfig, seedTest, testFile, vitestVersions } from '../support/vitest-project.ts'
import { startVitest, vitestRun } from '../support/vitest-run.ts'

/** Passes in a network of its own, or in the host's. */
const netIs = (net: 'own' | 'host') =>
  testFile(`import { readlinkSync } from 'node:fs'
test('net', () => { expect(readlinkSync('/proc/self/ns/net') === inject('net') ? 'host' : 'own').toBe('${net}') })`)

const provide = `pool: 'nsbox', provide: { net: readlinkSync('/proc/self/ns/net') }`

function config(options: string, test = ''): string {
  return `import { readlinkSync } from 'node:fs'\n${nsboxConfig({ options, test: `${provide}, ${test}` })}`
}

const mebibyte = 1024 ** 2
const usesMemory = testFile(`test('memory', async () => {
  const all = []
  for (;;) {
    all.push(Buffer.alloc(8 * ${mebibyte}, 1))
    if (all.length > 100) break
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}, 60_000)`)

describe.each(vitestVersions)('$name', (version) => {
  const files = {
    'a.test.ts': netIs('own'),
    'b.host.test.ts': netIs('host'),
    'c.test.ts': `// @nsbox net=host\n${netIs('host')}`,
    'd.host.test.ts': `/**\n * @nsbox net=none\n */\n${netIs('own')}`,
    'e.test.ts': netIs('own'),
  }
  const rules = "rules: [{ files: '**/*.host.test.ts', net: 'host' }]"

  test('what a file reaches is said by rules, and by its docblock in the end', async () => {
    const run = await vitestRun(seedTest(version, { ...files, 'vitest.config.ts': config(rules) }))
    expect(run.exitCode, run.output).toBe(0)
    expect(Object.keys(run.tests)).toHaveLength(5)
  })

  test.each([1, 2])('without isolation, in %i workers, another sandbox takes over where files differ', async (workers) => {
    const project = seedTest(version, { ...files, 'vitest.config.ts': config(rules, `isolate: false, maxWorkers: ${workers}`) })
    const run = await vitestRun(project)
    expect(run.exitCode, run.output).toBe(0)
    expect(Object.keys(run.tests)).toHaveLength(5)
  })

  test('a fresh node for each file has them too', async () => {
    const run = await vitestRun(seedTest(version, { ...files, 'vitest.config.ts': config(`${rules}, launch: 'cold'`) }))
    expect(run.exitCode, run.output).toBe(0)
  })

  test('limits of a docblock hold where nothing else is limited', async () => {
    const project = seedTest(version, {
      'a.test.ts': `// @nsbox memory=256M\n${usesMemory}`,
      'b.test.ts': netIs('own'),
      'vitest.config.ts': config(''),
    })
    const run = await vitestRun(project)
    expect(run.stderr, run.output).toMatch(/a\.test\.ts: killed by its memory cap of 256 MiB \(peak [\d.]+ MiB\) in test 'memory'/)
    expect(run.tests).toMatchObject({ 'b.test.ts > net': 'passed' })
    expect(run.exitCode).toBe(1)
  })

  describe('a docblock that is wrong', () => {
    const wrong = { 'a.test.ts': netIs('own'), 'b.test.ts': `\n// @nsbox memory=much\n${netIs('own')}`, 'c.test.ts': netIs('own') }

    test.each([true, false])('fails its file with line and column (isolate: %s)', async (isolate) => {
      const run = await vitestRun(seedTest(version, { ...wrong, 'vitest.config.ts': config('', `isolate: ${isolate}, maxWorkers: 1`) }))
      expect(run.stderr).toContain('b.test.ts:2:11: memory is "much": it must be a size such as 64M')
      expect(run.tests, run.output).toEqual({ 'a.test.ts > net': 'passed', 'c.test.ts > net': 'passed' })
      expect(run.exitCode).toBe(1)
    })
  })

  test('a docblock that changes is seen in watch mode', async () => {
    const project = seedTest(version, { 'a.test.ts': `// @nsbox net=host\n${netIs('own')}`, 'vitest.config.ts': config('') })
    const watch = startVitest(project, ['watch'])
    await watch.said(/1 failed/)
    const from = watch.output().length
    project.write('a.test.ts', netIs('own'))
    await watch.said(/1 passed/, from)
    watch.child.kill('SIGINT')
    await watch.done
  })
})
