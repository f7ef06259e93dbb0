// @module-tag root
// Promise: root inside is the caller outside, with a short set of powers.

import { readFileSync, readlinkSync } from 'node:fs'
import { hostname, userInfo } from 'node:os'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Bench, firstOutput } from '../support/sandbox.ts'

let bench: Bench
beforeAll(() => {
  bench = new Bench()
})
afterAll(() => bench.close())

const { uid, gid } = userInfo()
const lines = (text: string | Buffer) =>
  String(text)
    .trim()
    .split('\n')
    .map((line) => line.trim().replace(/\s+/g, ' '))
/**
 * Bits of linux/capability.h. Root: CHOWN, DAC_OVERRIDE, FOWNER, FSETID, KILL, SETGID, SETUID and what
 * everybody keeps: NET_BIND_SERVICE, NET_RAW.
 */
const kept = uid === 0 ? '00000000000024fb' : '0000000000002400'
const none = '0000000000000000'

const own = (map: string, id: number) => (uid === 0 ? lines(readFileSync(map)) : [`0 ${id} 1`])

test("uid: 'root': an ordinary caller has one id inside, root all that it has outside", async () => {
  const { stdout } = await bench.sh('id -u; id -g; stat -c %u:%g .; cat /proc/self/uid_map; cat /proc/self/gid_map')
  expect(lines(stdout)).toEqual(['0', '0', '0:0', ...own('/proc/self/uid_map', uid), ...own('/proc/self/gid_map', gid)])
})

test("uid: 'caller'", async () => {
  const { stdout } = await bench.sh('id -u; id -g; stat -c %u:%g .', { change: { uid: 'caller' } })
  expect(lines(stdout)).toEqual([`${uid}`, `${gid}`, `${uid}:${gid}`])
})

test.each(['root', 'caller'] as const)("capabilities, no_new_privs and seccomp with uid: '%s'", async (who) => {
  const { stdout } = await bench.sh('cat /proc/self/status', { change: { uid: who } })
  const status = Object.fromEntries(stdout.split('\n').map((line) => line.split(/:\s+/) as [string, string]))
  // execve(2) gives a uid that is not 0 only what is ambient: nothing.
  const effective = who === 'root' || uid === 0 ? kept : none
  expect(status).toMatchObject({ CapBnd: kept, CapEff: effective, CapPrm: effective, CapInh: none, CapAmb: none })
  expect(status).toMatchObject({ NoNewPrivs: '1', Seccomp: '2' })
})

test('the host name is its own', async () => {
  expect((await bench.sh('uname -n')).stdout).toBe('nsbox\n')
  expect((await bench.sh('uname -n', { change: { hostname: 'other' } })).stdout).toBe('other\n')
  expect(hostname()).not.toBe('other')
})

test('a file without permissions is closed to an ordinary caller, as outside', async () => {
  const { stdout, stderr } = await bench.sh('echo open > locked; chmod 0 locked; LC_ALL=C cat locked')
  expect(`${stdout}${stderr}`).toMatch(uid === 0 ? /^open$/m : /Permission denied/)
})

test('a low port can be had', async () => {
  const source = "import { createServer } from 'node:net'; createServer().listen(80, () => process.exit(0))"
  expect((await bench.node(source)).exitCode).toBe(0)
})

const namespaces = ['mnt', 'pid', 'net', 'ipc', 'uts', 'cgroup', 'user']

describe('namespaces differ from the host and from other sandboxes', () => {
  let found: string[][]
  beforeAll(async () => {
    const script = `readlink ${namespaces.map((name) => `/proc/self/ns/${name}`).join(' ')}`
    const one = bench.start(['/bin/sh', '-c', `${script}; exec sleep 1000`])
    const first = lines(await firstOutput(one))
    found = [first, lines((await bench.sh(script)).stdout), namespaces.map((name) => readlinkSync(`/proc/self/ns/${name}`))]
    one.kill()
    await one.ended
  })

  test.each(namespaces)('%s', (name) => {
    expect(new Set(found.map((links) => links[namespaces.indexOf(name)])).size).toBe(3)
  })
})
