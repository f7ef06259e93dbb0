// The doctor where cgroup v2 has its controllers: limits that can be set, and by whose grace.

import { expect, test } from 'vitest'
import { diagnose, needs } from '../support/doctor.ts'
import { controllers, delegate, delegated, needsGuest } from '../support/guest.ts'

/** In the order in which the doctor tries them. */
const all = ['cpu', 'memory', 'pids', 'io', 'cpuset']

/** A check that passes with all controllers, and else says what is missing and whether it is to be had. */
function verdict(how: string, given: readonly string[]): object {
  const missing = all.filter((name) => !given.includes(name))
  const offered = missing.filter((name) => controllers.includes(name))
  if (missing.length === 0) return { status: 'pass', detail: `${how}: ${given.join(' ')}` }
  return {
    status: 'warn',
    detail: `${how}: ${given.join(' ')}${offered.length > 0 ? '' : '; no others are to be had here'}`,
    effect: `sandboxes cannot be limited by ${missing.join(', ')}`,
  }
}

test('plain: the own cgroup is writable', async (context) => {
  needsGuest(context, 'plain')
  const { check, checks } = await diagnose()
  expect(check('cgroup version')).toMatchObject({ status: 'pass', detail: 'v2 on /sys/fs/cgroup' })
  expect(check('cgroup delegation')).toMatchObject(verdict('the own cgroup is writable', controllers))
  expect(checks.map(({ name }) => name)).not.toContain('XDG_RUNTIME_DIR')
})

test("systemd: the user's manager is found without XDG_RUNTIME_DIR, and that it is missing is told", async (context) => {
  needsGuest(context, 'systemd')
  const { check } = await diagnose()
  expect(check('cgroup version')).toMatchObject({ status: 'pass', detail: 'v2 on /sys/fs/cgroup' })
  const given = all.filter((name) => delegated.includes(name))
  expect(check('cgroup delegation')).toMatchObject(verdict('a scope of systemd', given))
  expect(check('XDG_RUNTIME_DIR')).toMatchObject({ status: 'warn', detail: 'not set, and /run/user/1000 is there' })
})

test('systemd: what it keeps from users by itself comes with the way to get it', async (context) => {
  needsGuest(context, 'systemd')
  needs(context, 'a guest of test/lab with --delegate default', delegate === 'default')
  const kept = all.filter((name) => controllers.includes(name) && !delegated.includes(name))
  const remedy = (await diagnose()).check('cgroup delegation').remedy
  expect(remedy?.why).toBe(`systemd gives users no control of ${kept.join(', ')}`)
  expect(remedy?.commands[0]).toContain('Delegate=cpu cpuset io memory pids')
})
