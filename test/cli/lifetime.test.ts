// Promise: signals to nsbox are the command's, and nothing of a sandbox outlives its command or nsbox.

import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { constants } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay, setImmediate as turn } from 'node:timers/promises'
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest'
import { childrenOf } from '../../src/sys/descendants.ts'
import { signalBit, signalMask } from '../../src/sys/signal.ts'
import { CommandPlace } from '../support/command-place.ts'
import { mounts, processesWith } from '../support/processes.ts'
import { repository } from '../support/sandbox.ts'
import { signalWhileSealing } from '../support/sealing.ts'

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
    await vi.waitFor(() => expect(processesWith(this.token)).toEqual([]), { timeout: 30_000, interval: 25 })
  }
}

/** A shell that waits in `wait` takes every signal. Waiting for a command it may lose SIGINT to one that has just ended, outside too. */
const loop = 'echo up; while :; do sleep 1000 & wait; done'

test.each([
  ['SIGTERM', 143],
  ['SIGHUP', 129],
  ['SIGINT', 130],
  ['SIGQUIT', 131],
  ['SIGUSR1', 138],
  ['SIGUSR2', 140],
] as const)('%s ends the command, and the exit code tells', async (signal, code) => {
  const run = new Run(['--', 'sh', '-c', 'echo up; exec sleep 1000'])
  await run.says('up')
  run.kill(signal)
  expect(await run.ended).toBe(code)
  await run.expectNothingLeft()
})

test('a command that handles signals gets each, and ends with its own code', async () => {
  const names = ['TERM', 'HUP', 'INT', 'QUIT', 'USR1', 'USR2'] as const
  const traps = names.map((name) => `trap 'echo caught ${name}; caught=$((caught + 1))' ${name}`).join('; ')
  const run = new Run(['--', 'bash', '-c', `${traps}; echo up; while [ "$caught" != ${names.length} ]; do sleep 0.01; done; exit 7`])
  await run.says('up')
  for (const name of names) {
    run.kill(`SIG${name}`)
    await run.says(`caught ${name}\n`)
  }
  expect(await run.ended).toBe(7)
})

test('a command may ignore signals', async () => {
  const run = new Run(['--', 'bash', '-c', `trap '' TERM; trap 'echo still-here' USR1; ${loop}`])
  await run.says('up')
  run.kill('SIGTERM')
  run.kill('SIGUSR1')
  await run.says('still-here')
  run.kill('SIGINT')
  expect(await run.ended).toBe(130)
})

test.each(['SIGTERM', 'SIGINT', 'SIGQUIT'] as const)(
  '%s for the init of a sandbox alone changes nothing while it seals',
  async (signal) => {
    // On a busy machine this process may get no turn in the milliseconds that the sealing takes.
    for (let sent = 0; sent === 0; ) {
      const run = new Run(['--', 'echo', 'ran'])
      sent = await signalWhileSealing(run.child.pid as number, signal)
      expect({ end: await run.ended, out: run.stdout, err: run.stderr }).toEqual({ end: 0, out: 'ran\n', err: '' })
    }
  },
)

test.each([
  ['SIGHUP', 129],
  ['SIGINT', 130],
  ['SIGQUIT', 131],
  ['SIGTERM', 143],
] as const)('%s before the command has begun is told as what it is', async (signal, code) => {
  const begins: ((nsbox: number) => boolean)[] = [(nsbox) => childrenOf(nsbox).length > 0]
  // node itself catches SIGINT and SIGTERM from its start on.
  if (signal === 'SIGHUP' || signal === 'SIGQUIT') begins.push((nsbox) => catches(nsbox, constants.signals[signal]))
  for (const hasBegun of begins) {
    const run = new Run(['--', 'sleep', '1000'])
    const nsbox = run.child.pid as number
    while (!hasBegun(nsbox)) await turn()
    run.kill(signal)
    expect({ end: await run.ended, err: run.stderr }).toEqual({ end: code, err: '' })
    await run.expectNothingLeft()
  }
})

function catches(pid: number, signal: number): boolean {
  return (signalMask(readFileSync(`/proc/${pid}/status`, 'utf8'), 'SigCgt') & signalBit(signal)) !== 0
}

test('a time limit that is over before the command has begun asks it to end all the same', async () => {
  const run = new Run(['--timeout', '1ms', '--', 'sleep', '1000'])
  expect(await run.ended).toBe(143)
  expect(run.stderr).toContain('still running after its timeout, and was ended by SIGTERM')
})

const kinds: [string, string[]][] = [
  ['as it is', []],
  ['--pid host', ['--pid', 'host']],
  ['--upper disk', ['--upper', 'disk']],
  ['--upper disk --pid host', ['--upper', 'disk', '--pid', 'host']],
]
const leaver = 'touch written; (setsid sh -c "while :; do sleep 0.01; done" &) ; sleep 1000 & '

test.each(kinds)('the end of the command is the end of what it started: %s', { tags: ['root'] }, async (_, flags) => {
  const run = new Run([...flags, '--', 'sh', '-c', `${leaver} trap '' HUP TERM; (sleep 1000 &); exit 3`])
  expect(await run.ended).toBe(3)
  // What removes a directory on disk ends by itself right after.
  await run.expectNothingLeft()
})

test.each(kinds)('SIGKILL of nsbox leaves nothing, whenever it comes: %s', { tags: ['root'] }, async (_, flags) => {
  const [before, abandoned] = [mounts(), abandonedDirectories()]
  // From before the sandbox begins until the command runs.
  for (const wait of ['up', 40, 100, 180]) {
    const run = new Run([...flags, '--', 'sh', '-c', `${leaver} ${loop}`])
    if (wait === 'up') await run.says('up')
    else await delay(Number(wait) + flags.length * 7)
    run.kill('SIGKILL')
    await once(run.child, 'exit')
    await run.expectNothingLeft()
  }
  expect(
    mounts()
      .split('\n')
      .filter((line) => !before.includes(line)),
  ).toEqual([])
  await vi.waitFor(() => expect(abandonedDirectories().filter((name) => !abandoned.includes(name))).toEqual([]), {
    timeout: 30_000,
    interval: 100,
  })
})

test('--die-with-parent ends the sandbox with whoever started nsbox', async () => {
  const run = new Run(['--die-with-parent', '--', 'sh', '-c', loop], { path: ['sh', '-c', '"$@" & wait', 'sh'] })
  await run.says('up')
  run.kill('SIGKILL')
  await run.expectNothingLeft()
})

test('without it the sandbox goes on, as any command does', async () => {
  const run = new Run(['--', 'bash', '-c', `trap 'echo got it; exit' USR1; ${loop}`], {
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
  const list = 'list=$(readlink /proc/$$/fd/0 /proc/$$/fd/1 /proc/$$/fd/2); echo "$list" > list; exit 6'
  const shell = place.spawn(['bash', '-c', `nsbox run --bind "$PWD" -- sh -c '${list}' < in > out 2> err ${redirection}`], {
    stdio: 'ignore',
  })
  expect(await once(shell, 'exit')).toEqual([6, null])
  const expected = ['in', 'out', 'err'].map((name, fd) => (fd === closed ? '/dev/null' : join(place.project, name)))
  expect(readFileSync(join(place.project, 'list'), 'utf8')).toBe(`${expected.join('\n')}\n`)
})

test('all of them may be closed', async () => {
  const shell = place.spawn(['bash', '-c', 'nsbox run --bind "$PWD" -- sh -c "echo ran > all; exit 6" <&- >&- 2>&-'], { stdio: 'ignore' })
  expect(await once(shell, 'exit')).toEqual([6, null])
  expect(readFileSync(join(place.project, 'all'), 'utf8')).toBe('ran\n')
})

test("descriptors are passed as they are, and none above stderr is the command's", async () => {
  place.write('input', 'first\nsecond\n')
  const script = `{ read -r a; nsbox run -- sh -c 'cat; ls -l /proc/self/fd'; echo after; } < input > output 2>&1 3</etc/passwd 7>leaked 9</etc/group`
  const shell = place.spawn(['bash', '-c', script], { stdio: 'ignore' })
  expect(await once(shell, 'exit')).toEqual([0, null])
  const text = readFileSync(join(place.project, 'output'), 'utf8')
  // The position of the file too.
  expect(text).toMatch(/^second\n[\s\S]* 0 -> \S*\/input\n.* 1 -> \S*\/output\n[\s\S]*\nafter\n$/)
  expect(text).not.toMatch(/passwd|leaked|group/)
  expect(existsSync(join(place.project, 'leaked'))).toBe(true)
})

test('binary data goes through pipes unchanged, in large pieces and small ones', async () => {
  const piped = (file: string, size: string) => `dd if=${file} bs=${size} status=none | nsbox run -- cat | cmp - ${file}`
  const files = 'head -c 16M /dev/urandom > large && head -c 8M large > small'
  const script = [files, piped('large', '64k'), piped('small', '1k'), 'nsbox run -- cat large | cmp - large'].join(' && ')
  const shell = place.spawn(['bash', '-o', 'pipefail', '-c', script], { stdio: ['ignore', 'ignore', 'inherit'] })
  expect(await once(shell, 'close')).toEqual([0, null])
})

test('a reader that goes away ends the command as it would outside', async () => {
  const shell = place.spawn(['bash', '-c', 'nsbox run -- yes | head -1 > one; set -- $PIPESTATUS; echo $1 >> one'], { stdio: 'ignore' })
  expect(await once(shell, 'exit')).toEqual([0, null])
  expect(readFileSync(join(place.project, 'one'), 'utf8')).toBe('y\n141\n')
})

test('a command that waits for what cannot come says so, and has failed', async () => {
  const forgetful = join(repository, 'test/fixtures/host/forgetful.cjs')
  const env = { ...place.env, NODE_OPTIONS: `--require ${forgetful}` }
  const nsbox = place.spawn(['nsbox', 'doctor', '--json'], { env, stdio: ['ignore', 'ignore', 'pipe'] })
  const said: Buffer[] = []
  nsbox.stderr?.on('data', (chunk: Buffer) => said.push(chunk))
  expect(await once(nsbox, 'close')).toEqual([125, null])
  expect(Buffer.concat(said).toString()).toMatch(/^nsbox: the command stopped without a result/)
})

/** Directories that --upper disk made and that no process is left to remove. Those of tests beside this one have their janitors. */
function abandonedDirectories(): string[] {
  const names = readdirSync('/var/tmp').filter((name) => name.startsWith('nsbox'))
  return names.filter((name) => processesWith(`/var/tmp/${name}`).length === 0 && existsSync(`/var/tmp/${name}`))
}
