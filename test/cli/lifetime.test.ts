// Promise: signals to nsbox are the command's, and nothing of a sandbox outlives its command or nsbox.

import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest'
import { CommandPlace } from '../support/command-place.ts'
import { mounts, processesWith } from '../support/processes.ts'

let place: CommandPlace
beforeAll(() => {
  place = new CommandPlace()
})
afterAll(() => place.remove())

/** An nsbox with a token of its own in the environment of all that it starts. */
class Run {
  readonly token: string = randomUUID()
  readonly ended: Promise<number | string | null>
  readonly child
  stdout = ''
  stderr = ''
  readonly #more = new Set<() => void>()

  constructor(words: string[], { path = [] as string[] } = {}) {
    const all = [...path, 'nsbox', 'run', ...words] as [string, ...string[]]
    this.child = place.spawn(all, { env: { ...place.env, TOKEN: this.token }, stdio: ['ignore', 'pipe', 'pipe'] })
    for (const name of ['stdout', 'stderr'] as const) {
      this.child[name]?.setEncoding('utf8').on('data', (text: string) => {
        this[name] += text
        for (const look of this.#more) look()
      })
    }
    this.ended = once(this.child, 'close').then(([code, signal]) => code ?? signal)
    onTestFinished(() => void this.child.kill('SIGKILL'))
  }

  async says(text: string): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const look = () => this.stdout.includes(text) && resolve()
    this.#more.add(look)
    look()
    const early = this.ended.then((end) => expect.unreachable(`ended with ${end}: ${this.stdout}${this.stderr}`))
    if (!this.stdout.includes(text)) await Promise.race([promise, early])
  }

  kill(signal: NodeJS.Signals): void {
    process.kill(this.child.pid as number, signal)
  }

  async expectNothingLeft(): Promise<void> {
    await vi.waitFor(() => expect(processesWith(this.token)).toEqual([]), { timeout: 30_000, interval: 10 })
  }
}

// dash loses a SIGINT that comes while it forks, and bash ignores SIGQUIT: outside as well.
const wait = 'echo up; while :; do sleep 0.01; done'

test.each([
  ['SIGTERM', 143],
  ['SIGHUP', 129],
  ['SIGINT', 130],
  ['SIGQUIT', 131],
  ['SIGUSR1', 138],
  ['SIGUSR2', 140],
] as const)('%s ends the command, and the exit code tells', async (signal, code) => {
  const run = new Run(['--', signal === 'SIGINT' ? 'bash' : 'sh', '-c', wait])
  await run.says('up')
  run.kill(signal)
  expect(await run.ended).toBe(code)
  await run.expectNothingLeft()
})

test.each(['TERM', 'HUP', 'INT', 'QUIT', 'USR1', 'USR2'] as const)('a command that handles SIG%s ends with its own code', async (name) => {
  const run = new Run(['--', 'bash', '-c', `trap 'echo caught; exit 7' ${name}; ${wait}`])
  await run.says('up')
  run.kill(`SIG${name}`)
  expect(await run.ended).toBe(7)
  expect(run.stdout).toContain('caught')
})

test('a command may ignore signals', async () => {
  const run = new Run(['--', 'bash', '-c', `trap '' TERM; trap 'echo still-here' USR1; ${wait}`])
  await run.says('up')
  run.kill('SIGTERM')
  run.kill('SIGUSR1')
  await run.says('still-here')
  run.kill('SIGINT')
  expect(await run.ended).toBe(130)
})

const kinds: [string, string[]][] = [
  ['as it is', []],
  ['--pid host', ['--pid', 'host']],
  ['--upper disk', ['--upper', 'disk']],
  ['--upper disk --pid host', ['--upper', 'disk', '--pid', 'host']],
]
const leaver = 'touch written; (setsid sh -c "while :; do sleep 0.01; done" &) ; sleep 1000 & '

test.each(kinds)('the end of the command is the end of what it started: %s', async (_, flags) => {
  const run = new Run([...flags, '--', 'sh', '-c', `${leaver} trap '' HUP TERM; (sleep 1000 &); exit 3`])
  expect(await run.ended).toBe(3)
  // What removes a directory on disk ends by itself right after.
  await run.expectNothingLeft()
})

test.each(kinds)('SIGKILL of nsbox leaves nothing, whenever it comes: %s', async (_, flags) => {
  const [mountsBefore, throwaways] = [mounts(), throwawayDirectories()]
  for (let round = 0; round < 12; round++) {
    const run = new Run([...flags, '--', 'sh', '-c', `${leaver} ${wait}`])
    // From before the sandbox begins until the command runs.
    if (round % 3 === 0) await run.says('up')
    else await delay(Math.random() * 250)
    run.kill('SIGKILL')
    await once(run.child, 'exit')
    await run.expectNothingLeft()
  }
  expect(mounts()).toBe(mountsBefore)
  await vi.waitFor(() => expect(throwawayDirectories()).toEqual(throwaways), { timeout: 30_000, interval: 20 })
})

test('--die-with-parent ends the sandbox with whoever started nsbox', async () => {
  const run = new Run(['--die-with-parent', '--', 'sh', '-c', wait], { path: ['sh', '-c', '"$@" & wait', 'sh'] })
  await run.says('up')
  run.kill('SIGKILL')
  await run.expectNothingLeft()
})

test('without it the sandbox goes on, as any command does', async () => {
  const run = new Run(['--', 'bash', '-c', `trap 'echo got it; exit' USR1; ${wait}`], {
    path: ['sh', '-c', '"$@" & echo pid-$!-; wait', 'sh'],
  })
  await run.says('up')
  run.kill('SIGKILL')
  await once(run.child, 'exit')
  process.kill(Number(/pid-(\d+)-/.exec(run.stdout)?.[1]), 'SIGUSR1')
  await run.says('got it')
  await run.expectNothingLeft()
})

test.each([
  [0, '0<&-'],
  [1, '1>&-'],
  [2, '2>&-'],
])('descriptor %i may be closed, and nothing else is in its place', async (closed, redirection) => {
  place.write('in', '')
  const list = 'fs.writeFileSync("list", [0, 1, 2].map((fd) => fs.readlinkSync("/proc/self/fd/" + fd)).join()); process.exit(6)'
  const shell = place.spawn(['bash', '-c', `nsbox run --bind "$PWD" -- node -e '${list}' < in > out 2> err ${redirection}`], {
    stdio: 'ignore',
  })
  expect(await once(shell, 'exit')).toEqual([6, null])
  const expected = ['in', 'out', 'err'].map((name, fd) => (fd === closed ? '/dev/null' : join(place.project, name)))
  expect(readFileSync(join(place.project, 'list'), 'utf8').split(',')).toEqual(expected)
})

test('all of them may be closed', async () => {
  const shell = place.spawn(['bash', '-c', 'nsbox run --bind "$PWD" -- sh -c "echo ran > all; exit 6" <&- >&- 2>&-'], { stdio: 'ignore' })
  expect(await once(shell, 'exit')).toEqual([6, null])
  expect(readFileSync(join(place.project, 'all'), 'utf8')).toBe('ran\n')
})

test("what nsbox was given above stderr is not the command's", async () => {
  const shell = place.spawn(['bash', '-c', `nsbox run -- ls -l /proc/self/fd 3</etc/passwd 7>leaked 9</etc/group`], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let text = ''
  shell.stdout?.setEncoding('utf8').on('data', (part: string) => {
    text += part
  })
  await once(shell, 'close')
  expect(text).toMatch(/ 0 -> \/dev\/null\n.* 1 -> (pipe|socket)/)
  expect(text).not.toMatch(/passwd|leaked|group/)
  expect(existsSync(join(place.project, 'leaked'))).toBe(true)
})

test('descriptors are passed as they are: a file, with its position', async () => {
  place.write('input', 'first\nsecond\n')
  const shell = place.spawn(['bash', '-c', '{ read -r a; nsbox run -- cat; echo after; } < input > output 2>&1'], { stdio: 'ignore' })
  expect(await once(shell, 'exit')).toEqual([0, null])
  expect(readFileSync(join(place.project, 'output'), 'utf8')).toBe('second\nafter\n')
})

test.each([64, 1])('binary data goes through pipes unchanged, %s KiB at a time', async (size) => {
  const script = `head -c 30M /dev/urandom > data; dd if=data bs=${size}k status=none | nsbox run -- cat | cmp - data && nsbox run -- cat data | sha256sum - && sha256sum < data`
  const shell = place.spawn(['bash', '-o', 'pipefail', '-c', script], { stdio: ['ignore', 'pipe', 'inherit'] })
  let text = ''
  shell.stdout?.setEncoding('utf8').on('data', (part: string) => {
    text += part
  })
  expect(await once(shell, 'close')).toEqual([0, null])
  const [inside, outside] = text.trim().split('\n')
  expect(inside).toBe(outside)
})

test('a reader that goes away ends the command as it would outside', async () => {
  const shell = place.spawn(['bash', '-c', 'nsbox run -- yes | head -1 > one; set -- $PIPESTATUS; echo $1 >> one'], { stdio: 'ignore' })
  expect(await once(shell, 'exit')).toEqual([0, null])
  expect(readFileSync(join(place.project, 'one'), 'utf8')).toBe('y\n141\n')
})

/** Of this user, where --upper disk puts what it keeps. */
function throwawayDirectories(): string[] {
  return readdirSync('/var/tmp').filter((name) => name.startsWith('nsbox-') || name.startsWith('nsbox'))
}
