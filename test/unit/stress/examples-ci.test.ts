// Promise: the examples for CI are YAML that any parser takes, and the flags that they give to nsbox exist.

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { mergeHelp } from '../../../src/cli/merge.ts'
import { parseStressFlags } from '../../../src/config/stress-flags.ts'

const directory = join(import.meta.dirname, '../../../examples/ci')
const files = readdirSync(directory).map((name) => ({ name, text: readFileSync(join(directory, name), 'utf8') }))

/** What CI and the shell put in. */
const values: Record<string, string> = {
  '${{ matrix.shard }}': '2',
  '${{ github.run_number }}': '12345',
  '$((JOB_COMPLETION_INDEX + 1))': '2',
  $JOB_COMPLETION_INDEX: '1',
  $SHARDS: '4',
  $SEED: '77',
}

/** Words of each `npx nsbox stress …` or `npx nsbox merge …`. */
function commands(text: string, name: 'stress' | 'merge'): string[][] {
  const filled = Object.entries(values).reduce((sum, [from, to]) => sum.replaceAll(from, to), text)
  return [...filled.matchAll(new RegExp(`npx nsbox ${name} ([^\`|\n]+)`, 'g'))].map(([, words]) => (words as string).trim().split(' '))
}

test('each has a command', () => {
  expect(files.map(({ name, text }) => [name, commands(text, 'stress').length, commands(text, 'merge').length])).toEqual([
    ['README.md', 0, 1],
    ['github.yml', 1, 1],
    ['kubernetes.yaml', 1, 0],
  ])
})

describe.each(files)('$name', ({ text }) => {
  test('runs a shard of four with a seed', () => {
    for (const words of commands(text, 'stress')) {
      const { shard, seed, filters, vitest } = parseStressFlags(words)
      expect({ shard, filters, vitest }).toEqual({ shard: { index: 2, count: 4 }, filters: [], vitest: [] })
      expect(seed).toBeGreaterThan(0)
    }
  })

  test('merges with flags that there are', () => {
    for (const flag of commands(text, 'merge').flat()) if (flag.startsWith('--')) expect(mergeHelp).toContain(`${flag} `)
  })
})

test.each(files.filter(({ name }) => /\.ya?ml$/.test(name)))(
  '$name is indented by steps of two blanks, with a key or an item in each line',
  ({ text }) => {
    let before = -2
    for (const line of text.split('\n').filter((one) => !/^\s*(#.*)?$/.test(one))) {
      const [, blanks = '', rest = ''] = /^( *)(.*)$/.exec(line) ?? []
      expect(blanks.length % 2, line).toBe(0)
      expect(blanks.length, line).toBeLessThanOrEqual(before + (/^- /.test(rest) ? 2 : 4))
      expect(rest, line).toMatch(/^(- )?([\w-]+:( .+)?|npx .*)$|^- [\w:'" *-]+$/)
      // A colon and a blank in a plain value would be another key.
      expect(rest.replace(/^(- )?[\w-]+: ?/, '').replace(/^(['"]).*\1$/, ''), line).not.toMatch(/: | #|^[&*!%@`]/)
      before = blanks.length
    }
  },
)
