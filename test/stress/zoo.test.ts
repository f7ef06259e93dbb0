// examples/flaky is whole, and some of its tests, which surely fail with their recipes, do; their twins do not.

import { readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { type Knobs, knobNames } from '../../src/stress/knobs.ts'
import { parseRecipe } from '../../src/stress/recipe.ts'
import { attemptPool } from '../support/attempt-pool.ts'
import { fixedFile, flakyFile, headOf, namesOf, specimens, zooDirectory } from '../support/zoo.ts'

const zoo = specimens()

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

describe('the zoo', () => {
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

describe('what surely fails under a knob', () => {
  const names = ['disk-space', 'one-processor', 'open-files', 'order-in-file', 'time-zone']
  const env = { PATH: process.env['PATH'] as string, HOME: tmpdir() }
  const setting = { cwd: zooDirectory, words: [], filters: names, testNamePattern: undefined, seal: 'require' as const }
  const pool = attemptPool(setting, { jobs: 1, env })
  afterAll(() => pool.close())

  test.each(names)('%s: fails with its recipe and passes without, and its twin passes with both', async (name) => {
    const [, , , , recipe = ''] = rows.find(([, test]) => test === `\`${name}\``) ?? []
    const ends = async (file: string) => {
      const under = async (knobs: Knobs) => (await pool.run({ file, project: '', knobs, timeoutMs: 60_000 })).end
      return [await under({}), await under(parseRecipe(recipe.replaceAll('`', '')))]
    }
    expect(await ends(flakyFile(name))).toEqual(['passed', 'failed'])
    expect(await ends(fixedFile(name))).toEqual(['passed', 'passed'])
  })
})
