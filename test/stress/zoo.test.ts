// examples/flaky is whole, and some of its tests, which surely fail under their knobs, are found by a campaign; their twins are not.

import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { dir } from 'tmp-promise'
import { describe, expect, onTestFinished, test } from 'vitest'
import { readResults } from '../../src/config/results.ts'
import { type KnobName, knobNames } from '../../src/stress/knobs.ts'
import { parseRecipe } from '../../src/stress/recipe.ts'
import type { TestVerdict } from '../../src/stress/results.ts'
import { builtCommand } from '../support/built-command.ts'
import { fixedFile, flakyFile, headOf, namesOf, specimens, zooDirectory } from '../support/zoo.ts'

const zoo = specimens()

describe('the zoo', () => {
  /** class, test, mechanism, knob, recipe. */
  const rows = readFileSync(join(zooDirectory, 'README.md'), 'utf8')
    .split('\n')
    .filter((line) => /^\| .*`n1:/.test(line))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    )

  test('has a fixed twin of the same class beside each flaky test', () => {
    expect(namesOf('fixed')).toEqual(namesOf('flaky'))
    expect(zoo.length).toBeGreaterThanOrEqual(24)
    for (const { name, class: kind, knobs } of zoo) expect(headOf(fixedFile(name))).toMatchObject({ class: kind, knobs })
  })

  test('names knobs that there are', () => {
    for (const { knobs } of zoo) for (const knob of knobs) expect(knobNames).toContain(knob)
  })

  test('has a row of the README for each, with what its file says', () => {
    const said = zoo.map(({ name, class: kind, mechanism, knobs }) => [kind, `\`${name}\``, mechanism, knobs.join(', ')])
    expect(rows.map((row) => row.slice(0, 4)).sort()).toEqual(said.sort())
  })

  test.each(rows)('%s, %s: its recipe turns one of its knobs', (_class, _name, _mechanism, knobs, recipe = '') => {
    const turned = Object.keys(parseRecipe(recipe.replaceAll('`', '')))
    expect(knobs?.split(', ').some((knob) => turned.includes(knob))).toBe(true)
  })
})

test('a campaign finds what surely fails under a knob, drops the other knobs, and leaves the twins in peace', {
  timeout: 600_000,
}, async () => {
  const expected: Record<string, KnobName> = {
    'disk-space': 'disk',
    'one-processor': 'cores',
    'open-files': 'nofile',
    'order-in-file': 'shuffle',
    'time-zone': 'tz',
  }
  const turned = ['--disk', '64M', '--cores', '1', '--nofile', '256', '--shuffle', 'tests', '--tz', '+14', '--runs', '2', '--seed', '1']
  const names = Object.keys(expected)
  const tests = await stress([...names.flatMap((name) => [flakyFile(name), fixedFile(name)]), ...turned])
  const verdicts = tests.map(({ file, verdict }) => [file, verdict])
  for (const name of names) {
    expect(verdicts).toContainEqual([flakyFile(name), 'FLAKY'])
    const [recipe] = tests.filter(({ file }) => file === flakyFile(name)).flatMap((one) => one.recipe ?? [])
    expect(Object.keys(recipe?.knobs ?? {})).toContain(expected[name])
  }
  expect(verdicts.filter(([file, verdict]) => file?.includes('.fixed.') && verdict !== 'PASS')).toEqual([])
})

/** By the built command, as a user starts it. */
async function stress(words: string[]): Promise<TestVerdict[]> {
  const output = await dir({ unsafeCleanup: true })
  onTestFinished(() => output.cleanup())
  const { status, said } = await new Promise<{ status: unknown; said: string }>((resolve) => {
    execFile(
      process.execPath,
      [builtCommand, 'stress', ...words, '--output', output.path],
      { cwd: zooDirectory },
      (error, stdout, stderr) => resolve({ status: error?.code ?? 0, said: stdout + stderr }),
    )
  })
  expect(status, said).toBe(1)
  return readResults(join(output.path, 'results.json')).tests
}
