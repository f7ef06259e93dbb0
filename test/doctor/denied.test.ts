// Machines on which nothing can be sealed, made for real: the words have to fit the cause.

import { mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { fail } from '../../src/doctor/check.ts'
import { fixScript } from '../../src/doctor/fix-script.ts'
import { uncoverProc } from '../../src/host/remedies/containers.ts'
import { builtCommand } from '../support/built-command.ts'
import {
  asOrdinaryUser,
  diagnose,
  diagnosisOf,
  fixture,
  inForeignProc,
  inNamespaces,
  isRoot,
  needs,
  needsOrdinaryUser,
  withVitest,
} from '../support/doctor.ts'
import { Bench, repository } from '../support/sandbox.ts'

/** Namespaces with a /proc of their own, and what covers a part of it. */
const ownProc = ['--mount', '--pid', '--fork', '--mount-proc']
const covered = 'mount -t tmpfs none /proc/tty'

describe('limits, which each user namespace has of its own (namespaces(7))', () => {
  test('no user namespaces', async () => {
    const wrapper = inNamespaces([], 'echo 0 > /proc/sys/user/max_user_namespaces')
    const { verdict, exitCode, check, failed } = await diagnose({ wrapper })
    expect({ verdict, exitCode }).toEqual({ verdict: 'cannot-seal', exitCode: 2 })
    expect(failed).toEqual(
      expect.arrayContaining(['user namespace', 'namespaces', 'mounts', 'loopback', 'own /proc', 'limits', 'self-check']),
    )
    expect(check('user namespace')).toMatchObject({
      detail: expect.stringMatching(/^clone\(.*CLONE_NEWUSER.*\) failed: ENOSPC$/),
      remedy: { why: 'The limit of user namespaces is 0', commands: ['sudo sysctl -w user.max_user_namespaces=15000'] },
    })
    expect(check('limits')).toMatchObject({ status: 'fail', detail: 'user.max_user_namespaces is 0' })
    expect(check('koffi').status).toBe('pass')
  })

  test('no network namespaces, and a mount over a part of /proc: the others are tried all the same', async () => {
    const wrapper = inNamespaces(ownProc, `${covered}; echo 0 > /proc/sys/user/max_net_namespaces`)
    const { failed, check, exitCode } = await diagnose({ wrapper })
    expect(failed).toEqual(['namespaces', 'loopback', 'own /proc', 'limits', 'self-check'])
    expect(check('namespaces').detail).toMatch(/^refused: net: clone\(.*CLONE_NEWNET.*ENOSPC$/)
    expect(check('loopback').remedy?.commands).toEqual(['sudo sysctl -w user.max_net_namespaces=15000'])
    expect(check('own /proc').detail).toMatch(/^mount\("proc", .*\) failed: EPERM; mounted over: .*\/proc\/tty/)
    expect(check('own /proc').remedy?.why).toMatch(/\/proc.*and then no other \/proc may be mounted/)
    expect(exitCode).toBe(2)
  })
})

test('the /proc of another pid namespace; and vitest 3.2.4, as the directory would import it', async () => {
  const { failed, check } = await diagnose({ wrapper: inForeignProc, cwd: withVitest('3.2.4') })
  expect(failed).toEqual(['/proc', 'sandboxes'])
  expect(check('vitest')).toMatchObject({
    status: 'warn',
    detail: expect.stringContaining('3.2.4'),
    effect: expect.stringMatching(/\w{3}/),
  })
  expect(check('/proc').remedy?.commands).toEqual(['mount -t proc proc /proc'])
})

describe('a system call filter', { tags: ['root'] }, () => {
  const under = (which: string) => [process.execPath, fixture('under-filter.ts'), which]

  test("that denies what a container's does", async () => {
    const { failed, check, exitCode } = await diagnose({ wrapper: under('container') })
    expect(failed).toEqual(expect.arrayContaining(['user namespace', 'namespaces', 'seccomp', 'self-check']))
    expect(check('user namespace').detail).toMatch(/^clone\(.*\) failed: EPERM$/)
    expect(check('seccomp')).toMatchObject({ detail: expect.stringMatching(/^a filter is imposed, no_new_privs is set$/) })
    expect(check('seccomp').remedy?.why).toMatch(/forbids namespaces or mounts/)
    expect(exitCode).toBe(2)
  })

  test('that denies only mount: what needs none passes', async () => {
    const { failed, check } = await diagnose({ wrapper: under('mount') })
    expect(failed).toEqual(expect.arrayContaining(['mounts', 'own /dev', 'own /proc', 'overlay on tmpfs', 'seccomp', 'self-check']))
    for (const name of ['user namespace', 'namespaces', 'loopback']) expect(check(name).status).toBe('pass')
    expect(check('mounts').detail).toMatch(/^mount\(.*\) failed: EPERM$/)
  })
})

test('koffi cannot be loaded: what needs no system calls is told all the same', async () => {
  const koffi = realpathSync(join(repository, 'node_modules/koffi'))
  const { failed, check, exitCode } = await diagnose({ wrapper: inNamespaces(['--mount'], `mount -t tmpfs none '${koffi}'`) })
  expect(failed).toEqual(['koffi', 'sandboxes'])
  expect(check('koffi').remedy?.commands).toEqual([expect.stringContaining('npm install')])
  expect(check('limits').status).toBe('pass')
  expect(exitCode).toBe(2)
})

test("in a sandbox of nsbox's own", { tags: ['root'] }, async () => {
  const bench = new Bench({ request: { visible: [repository] } })
  try {
    const run = await bench.exec([process.execPath, builtCommand, 'doctor', '--json'])
    const { verdict, exitCode, check } = diagnosisOf(run)
    expect({ verdict, exitCode }).toEqual({ verdict: 'cannot-seal', exitCode: 2 })
    expect(check('user namespace').detail).toMatch(/^clone\(.*\) failed: EPERM$/)
    expect(check('seccomp').status).toBe('fail')
  } finally {
    await bench.close()
  }
})

test("AppArmor's restriction: what is seen of it is its setting, and a mount that is denied", { tags: ['root'] }, async (context) => {
  needs(context, 'root', isRoot)
  needsOrdinaryUser(context)
  const setting = '/proc/sys/kernel/apparmor_restrict_unprivileged_userns'
  const script = `mount -t tmpfs none /proc/sys/kernel; echo 1 > ${setting}; exec "$@"`
  const wrapper = [
    'unshare',
    '--mount',
    '/bin/sh',
    '-ec',
    script,
    'situation',
    ...asOrdinaryUser,
    process.execPath,
    fixture('under-filter.ts'),
    'mount',
  ]
  const { check, exitCode } = await diagnose({ wrapper })
  const remedy = check('AppArmor').remedy
  expect(check('AppArmor')).toMatchObject({ status: 'fail', detail: expect.stringContaining('apparmor_restrict_unprivileged_userns is 1') })
  expect(remedy?.commands.join('\n')).toContain('profile nsbox /opt/nsbox/bin/node flags=(unconfined) {\n  userns,')
  expect(remedy?.commands.join('\n')).not.toContain('sysctl')
  expect(remedy?.instead?.commands).toEqual(['sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0'])
  expect(exitCode).toBe(2)
  const github = await diagnose({ wrapper, env: { GITHUB_ACTIONS: 'true', RUNNER_ENVIRONMENT: 'github-hosted' } })
  expect(github.place).toBe('github-hosted')
  expect(github.check('AppArmor').remedy?.commands).toEqual(['sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0'])
  // Root is exempt: its mounts are denied by the filter and nothing else.
  const root = await diagnose({ wrapper: wrapper.filter((word) => !asOrdinaryUser.includes(word)) })
  expect(root.check('AppArmor')).toMatchObject({ status: 'pass', detail: expect.stringContaining('root is exempt') })
})

describe('places', () => {
  describe('a Docker container', () => {
    const docker = () => {
      const root = mkdtempSync(join(tmpdir(), 'doctor-root-'))
      onTestFinished(() => rmSync(root, { recursive: true }))
      return [...inNamespaces(ownProc, covered), '/bin/sh', fixture('with-dockerenv.sh'), root]
    }

    test('its flag for a covered /proc', async () => {
      const { place, check } = await diagnose({ wrapper: docker() })
      expect(place).toBe('docker')
      expect(check('own /proc').remedy).toMatchObject({ where: 'outside', commands: ['docker run --security-opt systempaths=unconfined'] })
    })

    test('all of its flags where a filter is imposed too', async () => {
      const { check } = await diagnose({ wrapper: [...docker(), process.execPath, fixture('under-filter.ts'), 'container'] })
      expect(check('seccomp').remedy?.commands).toEqual([
        'docker run --security-opt seccomp=unconfined --security-opt apparmor=unconfined --security-opt systempaths=unconfined',
      ])
    })
  })

  test('a Podman container: its own flags, which --fix has in comments, since they are not for here', async () => {
    const podman = 'mount -t tmpfs none /run; : > /run/.containerenv'
    const { place, exitCode } = await diagnose({ wrapper: inNamespaces(['--mount', '--pid', '--fork'], podman) })
    expect({ place, exitCode }).toEqual({ place: 'podman', exitCode: 2 })
    const remedy = uncoverProc(place, ['/proc/tty'])
    expect(remedy.commands).toEqual(['podman run --security-opt unmask=ALL'])
    const script = fixScript({ verdict: 'cannot-seal', place, checks: [fail('own /proc', 'EPERM', remedy)] })
    expect(script).toMatch(/^# {3}podman run --security-opt unmask=ALL$/m)
  })
})
