// Bundles each entry for dist/. zod goes in: loading it from node_modules costs six times as much.

import { defineConfig } from 'rolldown'

export default defineConfig({
  input: {
    index: 'src/index.ts',
    cli: 'src/cli.ts',
    vitest: 'plugin/index.ts',
    zygote: 'src/zygote/main.ts',
    worker: 'plugin/worker.ts',
    'worker-cold': 'plugin/worker-cold.ts',
    call: 'src/payload/call.ts',
    'call-cold': 'src/payload/call-cold.ts',
  },
  platform: 'node',
  external: [/^node:/, 'koffi', 'tmp-promise', 'vite', 'vitest', /^vitest\//],
  // Chunks lie beside the entries, because programs are found the code that starts them: see src/launch/entry.ts and plugin/entry.ts.
  output: { dir: 'dist', cleanDir: true, chunkFileNames: '[name]-[hash].js' },
})
