// `nsbox vitest …`: the project's own vitest with the pool of nsbox, and no change of its config.

import type { Plugin } from 'vite'
import type { CliOptions } from 'vitest/node'
import { configError, NsboxError } from '../src/errors.ts'
import { quoted } from '../src/quoted.ts'
import { printTests } from './list.ts'
import { loadVitest } from './load-vitest.ts'
import { otherPool } from './other-pool.ts'
import { isOwnOption, ownOptions } from './own-options.ts'
import { ProjectPools } from './project-pools.ts'

/** The exit code is set by vitest. @throws NsboxError for options that are wrong, or where there is no vitest */
export async function runVitest(words: string[]): Promise<undefined> {
  const { parseCLI, startVitest, createVitest } = await loadVitest()
  const rest = words.filter((word) => !isOwnOption(word))
  const [command] = rest
  const { filter, options } = parseCLI(['vitest', ...rest])
  // It has printed them, and the version only where no command is named.
  const { help, version } = options as { help?: boolean; version?: boolean }
  if (help || (version && command?.startsWith('-'))) return undefined
  const { sealed, overrides } = poolOf(words, asVitestDoes(filter, options))
  if (command === 'list') {
    return inVitestsWords('Collect Error', async () => {
      Object.assign(process.env, { TEST: 'true', VITEST: 'true', NODE_ENV: process.env['NODE_ENV'] ?? 'test' })
      const vitest = await createVitest('test', { ...sealed, watch: false, run: true }, overrides)
      await printTests(vitest, filter, options)
      await vitest.close()
    })
  }
  return inVitestsWords('Startup Error', async () => {
    // vitest 4 calls benchmarks a mode, vitest 5 an option.
    const benchmark = command === 'bench' ? { benchmarkOnly: true } : {}
    const vitest = await startVitest(command === 'bench' ? ('benchmark' as 'test') : 'test', filter, { ...sealed, ...benchmark }, overrides)
    if (!vitest.shouldKeepServer()) await vitest.exit()
  })
}

/** nsbox's pool replaces any pool of the config, but not one on the command line. */
function poolOf(words: readonly string[], options: CliOptions): { sealed: CliOptions; overrides: { plugins: Plugin[] } } {
  const own = otherPool(options)
  if (own === undefined) {
    const { plugin, initializer } = new ProjectPools(ownOptions(words))
    return { sealed: { ...options, pool: initializer as never }, overrides: { plugins: [plugin] } }
  }
  const word = words.find(isOwnOption)
  if (word !== undefined)
    throw configError(
      `nsbox vitest: ${quoted(word)} has no effect with --pool=${quoted(own)}, which is not nsbox's pool: remove one of the two`,
    )
  console.error(`nsbox: --pool=${quoted(own)} is vitest's own pool: the tests run without a sandbox`)
  return { sealed: options, overrides: { plugins: [] } }
}

/** Where it fails for what is not nsbox's, such as a mistake in a config file: as with vitest's own command. @throws NsboxError */
async function inVitestsWords(banner: string, act: () => Promise<void>): Promise<undefined> {
  try {
    await act()
  } catch (error) {
    if (NsboxError.is(error)) throw error
    console.error(`\n⎯⎯⎯⎯⎯⎯⎯ ${banner} ⎯⎯⎯⎯⎯⎯⎯⎯`)
    console.error(error)
    // A server that was begun may keep node going.
    process.exit(process.exitCode ?? 1)
  }
}

/** What vitest's own command does to its options before it starts. */
function asVitestDoes(filter: string[], { exclude, ...options }: CliOptions): CliOptions & { cliExclude?: string[] } {
  if (filter.some((word) => word.includes(':'))) options.includeTaskLocation ??= true
  if (typeof options.typecheck?.only === 'boolean') options.typecheck.enabled ??= true
  if (options.clearCache || options.listTags) Object.assign(options, { watch: false, run: true })
  return exclude === undefined ? options : { ...options, cliExclude: [exclude].flat() }
}
