// Promise: a signal that comes while nsbox keeps, exports, applies or asks loses nothing and leaves nothing half done.

import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { constants } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay, setImmediate as turn } from 'node:timers/promises'
import { afterEach, beforeEach, expect, onTestFailed, test, vi } from 'vitest'
import { CommandPlace } from '../support/command-place.ts'
import { isAlive } from '../support/processes.ts'
import { keys, Terminal } from '../support/terminal.ts'

let place: CommandPlace
let temporary: string

beforeEach(make)
afterEach(() => place.remove())

const files = 1000
const many = `echo new > d/old; rm -r e; i=0; while [ $i -lt ${files} ]; do echo n > d/n$i; i=$((i+1)); done; chmod 555 d`

interface Ended {
  code: number | null
  stderr: string
}

/** Runs nsbox, and signals it again and again from when `isTime` on. */
async function signalled(words: string[], isTime: () => boolean, ...signals: readonly NodeJS.Signals[]): Promise<Ended> {
  const nsbox = place.spawn(['nsbox', ...words], { stdio: ['ignore', 'ignore', 'pipe'] })
  let stderr = ''
  nsbox.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  const closed = once(nsbox, 'close')
  while (!isTime() && isAlive(nsbox.pid as number)) await turn()
  // Not without a pause: nsbox would do nothing but take signals.
  while (signals.every((signal) => nsbox.kill(signal))) await delay(10)
  const [code] = (await closed) as [number | null]
  return { code, stderr }
}

/** On a busy machine nsbox may be done before this process gets a turn: then `again` puts everything back. */
async function interrupted(act: () => Promise<Ended>, again: () => void): Promise<Ended> {
  for (;;) {
    const ended = await act()
    const isTooLate = !ended.stderr.includes('interrupted by') || ended.stderr.includes('the changes are applied')
    if (!isTooLate) return ended
    again()
  }
}

function make(): void {
  place = new CommandPlace({ 'd/old': 'old', 'e/f': '' })
  temporary = join(place.root, 'tmp')
  mkdirSync(temporary)
  place.env['TMPDIR'] = temporary
}

function remake(): void {
  place.remove()
  make()
}

function nsbox(...words: string[]): string {
  return execFileSync('nsbox', words, { cwd: place.project, env: place.env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
}

function project(): string[] {
  return readdirSync(place.project, { recursive: true, encoding: 'utf8' })
}

function expectAllApplied(): void {
  const names = project()
  expect([names.length, names.includes('e'), readFileSync(join(place.project, 'd/old'), 'utf8')]).toEqual([files + 2, false, 'new\n'])
}

/** As `console.error` tells it. */
const kept = /the changes are (?:still )?kept: nsbox apply (\S+)\n$/

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)('%s while changes are applied: what is missing is kept, and applying that is the rest', async (signal, code) => {
  const begun = () => readdirSync(join(place.project, 'd')).length > 1
  const run = () => signalled(['run', '--apply', '--yes', '--', 'sh', '-c', many], begun, signal)
  const ended = await interrupted(run, remake)
  expect(ended).toEqual({
    code,
    stderr: expect.stringMatching(`^nsbox: interrupted by ${signal} after \\d+ of ${files + 3} changes of .*${kept.source}`),
  })
  expect(project().filter((name) => name.includes('.nsbox-'))).toEqual([])
  nsbox('apply', kept.exec(ended.stderr)?.[1] as string, '--yes')
  expectAllApplied()
})

test('nsbox apply that is interrupted says so, and goes on when it is run again', async () => {
  const keep = () => nsbox('run', '--keep', join(place.root, 'kept'), '--', 'sh', '-c', many)
  keep()
  const begun = () => readdirSync(join(place.project, 'd')).length > 1
  const ended = await interrupted(
    () => signalled(['apply', join(place.root, 'kept'), '--yes'], begun, 'SIGINT'),
    () => {
      remake()
      keep()
    },
  )
  expect(ended.code).toBe(130)
  expect(ended.stderr).toMatch(new RegExp(`\nnsbox: interrupted by SIGINT after \\d+ of .*${kept.source}`))
  expect(project().filter((name) => name.includes('.nsbox-'))).toEqual([])
  nsbox('apply', join(place.root, 'kept'), '--yes')
  expectAllApplied()
})

const ending: NodeJS.Signals[] = [
  ...(['SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGALRM', 'SIGTERM', 'SIGSTKFLT', 'SIGXCPU'] as const),
  ...(['SIGXFSZ', 'SIGVTALRM', 'SIGPROF', 'SIGIO', 'SIGPWR', 'SIGSYS'] as const),
]

test('what is being kept or exported is finished, whatever signals come', async () => {
  const [directory, file] = ['kept', 'changes.tar'].map((name) => () => join(place.root, name)) as [() => string, () => string]
  const run = () =>
    signalled(
      ['run', '--keep', directory(), '--export', file(), '--', 'sh', '-c', many],
      () => existsSync(directory()),
      ...ending,
      'SIGUSR1',
      'SIGUSR2',
    )
  const ended = await interrupted(run, remake)
  // Of some that wait together any may be the first (signal(7)).
  const by = ending.find((signal) => ended.stderr.includes(`by ${signal};`)) as NodeJS.Signals
  const stderr = `nsbox: interrupted by ${by}; the changes are kept in ${directory()} and exported to ${file()}\n`
  expect(ended).toEqual({ code: 128 + constants.signals[by], stderr })
  expect(readdirSync(place.root).filter((name) => name.startsWith('changes'))).toEqual(['changes.tar'])
  expect(execFileSync('tar', ['tf', file()], { encoding: 'utf8' }).split('\n')).toContain(`d/n${files - 1}`)
  expect(readdirSync(temporary)).toEqual([])
  nsbox('apply', directory(), '--yes')
  expectAllApplied()
})

function asking(): Terminal {
  const terminal = new Terminal(place, 'nsbox run --apply -- sh -c "echo new > d/old"')
  onTestFailed(() => console.log(terminal.output))
  return terminal
}

test('Ctrl+C at the question applies nothing and keeps the changes', async () => {
  const terminal = asking()
  await terminal.shows(/Apply this change\? \[y\/N\] /)
  terminal.type(keys.interrupt)
  const [, directory = ''] = await terminal.shows(/nsbox: interrupted by SIGINT; the changes are kept: nsbox apply (\S+)\r\n/)
  expect(await terminal.ended).toBe(130)
  expect(readFileSync(join(place.project, 'd/old'), 'utf8')).toBe('old')
  nsbox('apply', directory, '--yes')
  expect(readFileSync(join(place.project, 'd/old'), 'utf8')).toBe('new\n')
})

test('a terminal that goes away at the question takes nothing with it', async () => {
  const terminal = asking()
  await terminal.shows(/Apply this change\? \[y\/N\] /)
  terminal.close()
  const directory = () => join(temporary, readdirSync(temporary).find((name) => name.startsWith('nsbox-kept-')) ?? 'none')
  await vi.waitFor(() => expect(existsSync(join(directory(), 'nsbox.json'))).toBe(true), { timeout: 30_000, interval: 25 })
  nsbox('apply', directory(), '--yes')
  expect(readFileSync(join(place.project, 'd/old'), 'utf8')).toBe('new\n')
})
