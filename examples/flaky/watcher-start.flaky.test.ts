// class: race
// mechanism: a file is changed before its watcher has started
// knob: freeze, cpu, uv

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, onTestFinished, test, vi } from 'vitest'
import { Watcher } from './src/watcher.ts'

test('tells of a change', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'watched-'))
  for (let number = 0; number < 300; number++) writeFileSync(join(directory, `${number}.md`), `# ${number}`)
  const watcher = new Watcher(directory)
  onTestFinished(() => {
    watcher.close()
    rmSync(directory, { recursive: true })
  })
  const changed: string[] = []
  watcher.on('change', (name: string) => changed.push(name))
  await sleep(200)
  writeFileSync(join(directory, '7.md'), '# seven')
  await vi.waitFor(() => expect(changed).toContain('7.md'))
})
