// Bundles each entry for dist/. zod goes in: loading it from node_modules costs six times as much.

import { defineConfig } from 'rolldown'

const common = {
  platform: 'node',
  external: [/^node:/, 'koffi', 'tinypool', 'tmp-promise', 'vite', 'vitest', /^vitest\//],
}

// Chunks lie beside the entries, because programs are found by the code that starts them: see src/launch/entry.ts and plugin/entry.ts.
export default defineConfig([
  {
    ...common,
    input: {
      index: 'src/index.ts',
      vitest: 'plugin/index.ts',
      zygote: 'src/zygote/main.ts',
      'traffic-thread': 'src/launch/traffic-thread.ts',
      worker: 'plugin/worker.ts',
      'worker-cold': 'plugin/worker-cold.ts',
      'clock-preload': 'plugin/clock-preload.ts',
      attempts: 'plugin/attempts.ts',
      'attempt-relay': 'src/stress/attempt-relay.ts',
      'twins-inside': 'plugin/twins-inside.ts',
      twin: 'plugin/twin.ts',
      call: 'src/payload/call.ts',
      'call-cold': 'src/payload/call-cold.ts',
    },
    output: { dir: 'dist', cleanDir: true, chunkFileNames: '[name]-[hash].js' },
  },
  // By itself, so that what `nsbox run` needs is one file; and CommonJS, which node and koffi start faster: test/bench/run.ts has the sum.
  {
    ...common,
    input: { cli: 'src/cli.ts' },
    output: {
      dir: 'dist',
      format: 'cjs',
      // Without what only people read; names stay, for stack traces.
      minify: { codegen: { removeWhitespace: true }, compress: false, mangle: false },
      entryFileNames: '[name].cjs',
      chunkFileNames: 'cli-[name]-[hash].cjs',
      codeSplitting: { groups: [{ name: 'run', test: /src\/cli\/run\.ts$/, includeDependenciesRecursively: true }] },
    },
  },
])
