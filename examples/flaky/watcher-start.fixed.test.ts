// class: race
// mechanism: waits until the watcher is ready
// knob: freeze, cpu, uv

import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { Watcher } from './src/watcher.ts'

test('tells of a change', { timeout: 60_000 }, async () => {
  const directory = mkdtempSync(join(tmpdir(), 'watched-'))
  for (let number = 0; number < 300; number++) writeFileSync(join(directory, `${number}.md`), `# ${number}`)
  const watcher = new Watcher(directory)
  onTestFinished(() => {
    watcher.close()
    rmSync(directory, { recursive: true })
  })
  await once(watcher, 'ready')
  const changed = once(watcher, 'change')
  writeFileSync(join(directory, '7.md'), '# seven')
  expect(await changed).toEqual(['7.md'])
})
