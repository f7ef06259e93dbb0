import { availableParallelism } from 'node:os'
import { defineConfig, type ViteUserConfig } from 'vitest/config'

type Options = NonNullable<ViteUserConfig['test']>

/** A file for each processor, and half as many again, because most tests wait for processes. In the slow guests of test/lab there is one. */
const maxWorkers = process.env['NSBOX_TEST_GUEST'] ? 1 : Math.ceil(availableParallelism() * 1.5)

/** A room of tests. Its workers run one file after another: a file does not pay for a node and for the import of what all of them use. */
function room(name: string, options: Options): { test: Options } {
  return { test: { name, include: [`test/${name}/**/*.test.ts`], isolate: false, maxWorkers, ...options } }
}

/** What lies in dist is built before its tests run; they start processes, which take their time. */
function built(seconds: number): Options {
  return { globalSetup: 'test/support/built-command.ts', testTimeout: seconds * 1000, hookTimeout: Math.max(seconds, 60) * 1000 }
}

const config: ViteUserConfig = defineConfig({
  test: {
    tags: [{ name: 'root', description: 'Differs for root: run as root too. test/README.md says which tests these are.' }],
    projects: [
      // Their time is no matter of a test either: a loaded machine gives them a tenth of a processor.
      room('unit', { testTimeout: 60_000 }),
      room('sandbox', { include: ['test/{contract,sandbox,escape}/**/*.test.ts'], ...built(30) }),
      room('library', built(30)),
      room('limits', { isolate: true, ...built(60) }),
      room('doctor', { isolate: true, ...built(60) }),
      room('cli', built(60)),
      room('stress', built(120)),
      room('plugin', built(120)),
    ],
  },
})

export default config
