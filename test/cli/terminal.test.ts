// Promise: a command in a sandbox has the caller's terminal as it would have it outside: keys, signals, job control, size.

import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, onTestFailed, test } from 'vitest'
import { CommandPlace } from '../support/command-place.ts'
import { bash, keys, Terminal } from '../support/terminal.ts'

/** In `wait` bash takes every signal; waiting for a command, it may lose a Ctrl+C to one that has just ended. */
const forever = 'while :; do sleep 1000 & wait; done'
/** Says when it is up, and when it goes on after a stop: by then the terminal is its own. */
const patient = `bash -c 'trap "echo again-\\$((1+1))" CONT; echo up-$((1+1)); ${forever}'`
let place: CommandPlace
const open: Terminal[] = []

beforeAll(() => {
  place = new CommandPlace({ lines: Array.from({ length: 1000 }, (_, index) => `line ${index + 1}\n`).join('') })
})
afterEach(() => {
  for (const terminal of open.splice(0)) terminal.close()
})
afterAll(() => place.remove())

function start(command: string): Terminal {
  const terminal = new Terminal(place, command)
  open.push(terminal)
  onTestFailed(() => console.log(terminal.output))
  return terminal
}

async function startBash(): Promise<Terminal> {
  const terminal = start(bash)
  await terminal.prompted()
  return terminal
}

test('the command finds its terminal by name', async () => {
  const terminal = start('nsbox run -- sh -c "tty; test -t 0 && echo all-\\$((1+1))"')
  await terminal.shows(/\/dev\/(console|pts\/\d+)\r\nall-2/)
  expect(await terminal.ended).toBe(0)
})

test('Ctrl+C reaches the command, and the exit code tells', async () => {
  const terminal = start(`nsbox run -- ${patient}`)
  await terminal.shows(/up-2/)
  terminal.type(keys.interrupt)
  expect(await terminal.ended).toBe(130)
})

test('a command that handles Ctrl+C goes on', async () => {
  const terminal = start(`nsbox run -- bash -c 'trap "echo caught-\\$((1+1)); exit 4" INT; echo up-$((1+1)); ${forever}'`)
  await terminal.shows(/up-2/)
  terminal.type(keys.interrupt)
  await terminal.shows(/caught-2/)
  expect(await terminal.ended).toBe(4)
})

test('Ctrl+Z stops all of it under an interactive shell, and fg goes on', async () => {
  const terminal = await startBash()
  terminal.enter(`nsbox run -- sh -c 'echo up-$((1+1)); read x; echo got-$x-$((1+1))'`)
  await terminal.shows(/up-2/)
  terminal.type(keys.stop)
  await terminal.shows(/Stopped/)
  await terminal.prompted()
  terminal.enter('fg')
  await terminal.shows(/nsbox run/)
  terminal.enter('word')
  await terminal.shows(/got-word-2/)
  await terminal.prompted()
  terminal.enter('exit 0')
  expect(await terminal.ended).toBe(0)
})

test('a command that takes no keys is stopped too', async () => {
  const terminal = await startBash()
  terminal.enter(`nsbox run -- ${patient}; echo status-$?`)
  await terminal.shows(/up-2/)
  terminal.type(keys.stop)
  await terminal.shows(/Stopped[\s\S]*status-1\d\d/)
  terminal.enter('fg')
  await terminal.shows(/again-2/)
  terminal.type(keys.interrupt)
  await terminal.prompted()
})

test('an interactive shell has job control inside', async () => {
  const terminal = start(`nsbox shell ${bash}`)
  await terminal.prompted()
  expect(terminal.output).not.toContain('no job control')
  terminal.enter(patient)
  await terminal.shows(/up-2/)
  terminal.type(keys.stop)
  await terminal.shows(/Stopped/)
  await terminal.prompted()
  terminal.enter('sleep 2000 & jobs')
  await terminal.shows(/Stopped +bash -c[\s\S]*Running +sleep 2000/)
  terminal.enter('fg %1')
  await terminal.shows(/again-2/)
  terminal.type(keys.interrupt)
  await terminal.prompted()
  terminal.enter('echo code-$?; exit 5')
  await terminal.shows(/code-130/)
  expect(await terminal.ended).toBe(5)
})

test('the size of the window, and its changes, reach the command', async () => {
  const script = `trap "echo now-\\$(stty size < /dev/tty)-" WINCH; echo up-$((1+1)); ${forever}`
  const terminal = start(`sh -c 'tty; exec nsbox run --timeout 50s -- bash -c '"'"'${script}'"'"`)
  const [, name = ''] = await terminal.shows(/(\/dev\/pts\/\d+)/)
  await terminal.shows(/up-2/)
  // One change: stty makes two of rows and columns, and bash drops a SIGWINCH that comes while it handles one.
  execFileSync('stty', ['-F', name, 'rows', '33'])
  await terminal.shows(/now-33 \d+-/)
  terminal.type(keys.interrupt)
  expect(await terminal.ended).toBe(130)
})

test.skipIf(!existsSync('/usr/bin/less'))('less takes keys', async () => {
  const terminal = start('nsbox run -- less lines')
  await terminal.shows(/line 5\r/)
  terminal.type('G')
  await terminal.shows(/line 1000/)
  terminal.type('q')
  expect(await terminal.ended).toBe(0)
})

test.skipIf(!existsSync('/usr/bin/less'))('less at the end of a pipe keeps the keys', async () => {
  const terminal = await startBash()
  terminal.enter('nsbox run -- seq 100000 | less; echo left-$((1+1))')
  await terminal.shows(/\n5\r/)
  terminal.type('G')
  await terminal.shows(/100000/)
  terminal.type('q')
  await terminal.shows(/left-2/)
})

test.skipIf(!existsSync('/usr/bin/vi'))('vi edits a file', async () => {
  const terminal = start('nsbox run --diff -- vi --clean note')
  await terminal.shows(/~/)
  terminal.type('isome text')
  await terminal.shows(/some text/)
  terminal.type(`${keys.escape}:wq\r`)
  await terminal.shows(/A {2}note {2}10 B/)
  expect(await terminal.ended).toBe(0)
  expect(existsSync(join(place.project, 'note'))).toBe(false)
})

test('settings of the terminal are back when a command in raw mode is killed', async () => {
  const raw = 'stty raw -echo; trap "" TERM; echo raw-$((1+1)); sleep 1000; sleep 1000'
  const terminal = await startBash()
  terminal.enter('stty -g > before; mkfifo orders')
  await terminal.prompted()
  terminal.enter(`nsbox run --control-fd 3 3<>orders -- sh -c '${raw}'; stty -g > after; echo ended-$((1+1))`)
  await terminal.shows(/raw-2/)
  writeFileSync(join(place.project, 'orders'), '{"do":"kill"}\n')
  await terminal.shows(/ended-2/)
  expect(readFileSync(join(place.project, 'after'), 'utf8')).toBe(readFileSync(join(place.project, 'before'), 'utf8'))
})

test.skipIf(!existsSync('/usr/bin/perl'))('a terminal in exclusive mode is in it no longer', async () => {
  const terminal = await startBash()
  terminal.enter(`nsbox run -- perl -e 'ioctl(STDIN, 0x540c, 0) or die; print "set-", 1 + 1, "\\n"'`)
  await terminal.shows(/set-2/)
  await terminal.prompted()
  terminal.enter(`perl -e '$is = pack("i", 9); ioctl(STDIN, 0x80045440, $is) or die; print "exclusive-", unpack("i", $is), "-\\n"'`)
  await terminal.shows(/exclusive-0-/)
})

test("the terminal is its next reader's again", async () => {
  const terminal = start(
    `sh -c 'nsbox run -- sh -c "echo first-\\$((1+1)); read x </dev/tty; echo had-\\$x-"; echo second-$((1+1)); read y; echo got-$y-'`,
  )
  await terminal.shows(/first-2/)
  terminal.enter('one')
  await terminal.shows(/had-one-/)
  await terminal.shows(/second-2/)
  terminal.enter('two')
  await terminal.shows(/got-two-/)
  expect(await terminal.ended).toBe(0)
})

test('a job in the background that reads from the terminal is stopped until it is in the foreground', async () => {
  const terminal = await startBash()
  terminal.enter(`nsbox run -- sh -c 'read x </dev/tty; echo got-$x-$((1+1))' & wait %1; jobs`)
  await terminal.shows(/Stopped/)
  await terminal.prompted()
  terminal.enter('fg')
  await terminal.shows(/nsbox run/)
  terminal.enter('word')
  await terminal.shows(/got-word-2/)
})

test.skipIf(!existsSync('/usr/bin/perl'))('nobody inside types for the caller', { tags: ['root'] }, async () => {
  const terminal = start(`nsbox run -- perl -e '$x = "x"; ioctl(STDIN, 0x5412, $x) or print "refused: $!\\n"'`)
  await terminal.shows(/refused: Operation not permitted/)
  expect(await terminal.ended).toBe(0)
})

test.each([
  ['y', true],
  ['n', false],
  ['', false],
])('--apply asks on the terminal: %j', async (answer, applied) => {
  const file = `applied-${answer}`
  rmSync(join(place.project, file), { force: true })
  const terminal = start(`nsbox run --apply -- sh -c 'echo x > ${file}'`)
  await terminal.shows(/Apply this change\? \[y\/N\] /)
  terminal.enter(answer)
  if (!applied) await terminal.shows(/nothing was applied/)
  expect(await terminal.ended).toBe(0)
  expect(existsSync(join(place.project, file))).toBe(applied)
})

test('nsbox apply asks on the terminal', async () => {
  const terminal = start('sh -c "rm -rf ../kept later && nsbox run --keep ../kept -- touch later && nsbox apply ../kept"')
  await terminal.shows(/A {2}later[\s\S]*Apply 1 change\? \[y\/N\] /)
  terminal.enter('yes')
  expect(await terminal.ended).toBe(0)
  expect(existsSync(join(place.project, 'later'))).toBe(true)
})
