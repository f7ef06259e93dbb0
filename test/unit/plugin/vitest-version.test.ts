import { expect, test } from 'vitest'
import type { PoolOptions, Vitest } from 'vitest/node'
import { sandboxPool } from '../../../plugin/pool-shapes.ts'
import oldPool from '../../../src/index.ts'

/** Of vitest's own, what is asked before anything else. */
const project = (version: string) => ({ config: { pool: 'nsbox' }, vitest: { version } as Vitest })

test.each(['3.2.4', '4.0.18', '5.0.0-beta.1', '6.0.0'])(
  'vitest %s is refused by the plugin, and by the pool without it',
  async (version) => {
    const { plugin, initializer } = sandboxPool({})
    const refused = expect.objectContaining({
      code: 'ERR_NSBOX_VITEST',
      message: `This is vitest ${version}, and nsbox runs with vitest ^4.1 || ^5`,
    })
    const { configureVitest } = plugin as unknown as { configureVitest(context: object): Promise<void> }
    await expect(configureVitest({ project: project(version) })).rejects.toEqual(refused)
    expect(() => initializer.createPoolWorker({ project: project(version) } as unknown as PoolOptions)).toThrow(refused)
  },
)

test('vitest before 4 takes the package itself for the pool of that name', () => {
  expect(() => oldPool({ version: '3.2.4' })).toThrow('This is vitest 3.2.4, and nsbox runs with vitest ^4.1 || ^5')
})

test("it is another pool's matter", async () => {
  const { configureVitest } = sandboxPool({}).plugin as unknown as { configureVitest(context: object): Promise<void> }
  await expect(configureVitest({ project: { ...project('3.2.4'), config: { pool: 'forks' } } })).resolves.toBeUndefined()
})
