import { defineConfig, type ViteUserConfig } from 'vitest/config'

const config: ViteUserConfig = defineConfig({
  test: {
    projects: [
      { test: { name: 'unit', include: ['test/unit/**/*.test.ts'] } },
      { test: { name: 'sandbox', include: ['test/{contract,sandbox,escape}/**/*.test.ts'], testTimeout: 30_000, hookTimeout: 60_000 } },
      {
        test: {
          name: 'library',
          include: ['test/library/**/*.test.ts'],
          globalSetup: 'test/support/built-command.ts',
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'limits',
          include: ['test/limits/**/*.test.ts'],
          globalSetup: 'test/support/built-command.ts',
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      { test: { name: 'doctor', include: ['test/doctor/**/*.test.ts'], testTimeout: 60_000 } },
      {
        test: {
          name: 'cli',
          include: ['test/cli/**/*.test.ts'],
          globalSetup: 'test/support/built-command.ts',
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'stress',
          include: ['test/stress/**/*.test.ts'],
          globalSetup: 'test/support/built-command.ts',
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      { test: { name: 'plugin', include: ['test/plugin/**/*.test.ts'], testTimeout: 120_000, hookTimeout: 120_000 } },
    ],
  },
})

export default config
