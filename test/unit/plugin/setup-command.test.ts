import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { setupCommand } from '../../../plugin/setup-layer.ts'

const root = mkdtempSync(join(tmpdir(), 'setup-command-'))
afterAll(() => rmSync(root, { recursive: true }))
for (const name of ['seed.ts', 'seed.mjs', 'seed.sh']) writeFileSync(join(root, name), '')

test.each([
  ['seed.ts', [process.execPath, join(root, 'seed.ts')]],
  ['./seed.mjs', [process.execPath, join(root, 'seed.mjs')]],
  ['seed.sh', [join(root, 'seed.sh')]],
  [
    ['npm', 'run', 'seed'],
    ['npm', 'run', 'seed'],
  ],
])('%j runs %j', (setup, command) => {
  expect(setupCommand(setup, root)).toEqual(command)
})

test.each([
  ['not-there.ts', `there is no ${join(root, 'not-there.ts')}; it must be a file, or the words of a command: ["not-there.ts"]`],
  ['npm run seed', `there is no ${join(root, 'npm run seed')}; it must be a file, or the words of a command: ["npm","run","seed"]`],
])('%j is refused', (setup, why) => {
  const message = `nsbox(): setup is ${JSON.stringify(setup)}: ${why}`
  expect(() => setupCommand(setup, root)).toThrow(expect.objectContaining({ message, code: 'ERR_NSBOX_CONFIG' }))
})
