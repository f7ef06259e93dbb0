// Promise: no name that the command is given, or finds, acts on a terminal or forges a line.

import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { CommandEnd } from '../support/command.ts'
import { Place } from '../support/place.ts'
import { gridResults } from '../support/stress-results.ts'

const odd = '\u001b[31mred\u009b2J\u202e ##[error]\nnsbox: forged'

const shard = { ...gridResults(), command: [odd], shard: { index: 1, count: 1 } }

let place: Place
beforeAll(() => {
  place = new Place()
})
afterAll(() => place.remove())

const inProject = (name: string) => join(place.project, name)

test.each<[string, string[], (() => void)?]>([
  ['a command', [odd]],
  ['a flag', ['run', `--${odd}`, '--', 'true']],
  ['a flag that is short', ['run', `-${odd}`, '--', 'true']],
  ['a value', ['run', '--timeout', odd, '--', 'true']],
  ['a program', ['run', '--', odd]],
  ['a directory inside', ['run', '--cwd', `/${odd}`, '--', 'true']],
  ['a directory to keep in', ['run', '--keep', `${odd}/x`, '--', 'true']],
  ['a layer', ['run', '--layer', odd, '--', 'true']],
  ['changes of a file', ['run', '--diff', '--', 'touch', odd]],
  ['changes of a file as JSON', ['run', '--json', '--diff', '--status-fd', '2', '--', 'touch', odd]],
  ['a plan as JSON', ['plan', '--json', '--tmpfs', `/tmp/${odd}`]],
  ['a plan', ['plan', '--tmpfs', `/tmp/${odd}`]],
  ['what diff is given', ['diff', odd]],
  ['what is damaged', ['diff', `${odd}-damaged`], () => write(`${odd}-damaged/nsbox.json`, `{${odd}`)],
  ['what another nsbox kept', ['apply', `${odd}-other`, '--yes'], () => write(`${odd}-other/nsbox.json`, JSON.stringify({ version: odd }))],
  ['layers', ['layers', odd]],
  ['what merge is given', ['merge', odd]],
  ['what is no result', ['merge', `${odd}.json`], () => write(`${odd}.json`, `[${odd}`)],
  ['results of a whole campaign', ['merge', `${odd}-whole.json`], () => write(`${odd}-whole.json`, JSON.stringify(gridResults()))],
  ['results as JSON', ['merge', 'shard.json', '--json'], () => write('shard.json', JSON.stringify(shard))],
  ['a recipe', ['repro', 'a.test.ts', '--recipe', odd]],
  ['a knob', ['repro', 'a.test.ts', '--recipe', `n1:${odd}=1`]],
  ['a knob that is wrong', ['repro', 'a.test.ts', '--recipe', `n1:cpu=${odd}`]],
  ['a test', ['repro', odd], () => write('.nsbox/results.json', JSON.stringify(gridResults()))],
  ['the flag of a campaign', ['stress', `--${odd}`]],
  ['the value of a campaign', ['stress', '--runs', odd]],
  ['a threshold', ['threshold', `--${odd}`]],
  ['the flag of a diagnosis', ['doctor', `--${odd}`]],
  ['a program without permission', ['run', '--', `./${odd}`], () => write(odd, '#!/bin/sh')],
  ['a bound file', ['run', '--bind', odd, '--', 'sh', '-c', 'cp "$0" "$0.new"; mv "$0.new" "$0"', odd], () => write(odd, '')],
])('%s', async (_, words, prepare) => {
  prepare?.()
  expectShown(await place.nsbox(words))
})

test('changes that are kept', async () => {
  const kept = `../${odd}`
  expectShown(await place.nsbox(['run', '--diff', '--keep', kept, '--', 'touch', odd]))
  for (const words of [
    ['diff', kept],
    ['layers', kept],
    ['diff', kept, '--json'],
    ['layers', kept, '--json'],
    ['apply', kept, '--yes', '--json'],
  ]) {
    const end = await place.nsbox(words)
    expectShown(end)
    if (words.includes('--json')) expect(JSON.stringify(JSON.parse(end.stdout))).toContain(JSON.stringify(odd).slice(1, -1))
  }
})

function expectShown({ stdout, stderr }: Pick<CommandEnd, 'stdout' | 'stderr'>): void {
  const said = stdout + stderr
  expect(said).toMatch(/red|u\{1b\}/)
  expect(said).not.toMatch(/[^\P{Cc}\n]|\p{Bidi_Control}|##\[/u)
  expect(said).not.toMatch(/^nsbox: forged/m)
}

function write(name: string, text: string): void {
  mkdirSync(join(inProject(name), '..'), { recursive: true })
  writeFileSync(inProject(name), text)
}
