// More than one's own uid in a user namespace: newuidmap tries it for real.
//
// @module-tag root

import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { asOrdinaryUser, diagnose, isRoot, needs, needsOrdinaryUser } from '../support/doctor.ts'

/** By its path, where the doctor's own PATH has to lack it. */
const setpriv = ['/usr/bin/setpriv', '--regid', '65534', '--clear-groups', '--reuid']

test('root needs no newuidmap', async (context) => {
  needs(context, 'root', isRoot)
  expect((await diagnose({ env: { PATH: '/nowhere' } })).check('uid ranges').status).toBe('pass')
})

test('newuidmap is not in PATH', async (context) => {
  needs(context, 'root', isRoot) // For an ordinary user, machine.test.ts has it.
  needsOrdinaryUser(context)
  const { warned, check } = await diagnose({ wrapper: [...setpriv, '65534'], env: { PATH: '/nowhere' } })
  expect(warned).toContain('uid ranges')
  expect(check('uid ranges')).toMatchObject({
    detail: 'newuidmap or newgidmap is not in PATH',
    remedy: { commands: [expect.stringContaining('apt-get install -y uidmap')] },
  })
})

test('a user without a name and without ranges', async (context) => {
  needs(context, 'root', isRoot)
  needsOrdinaryUser(context)
  needs(context, 'newuidmap', existsSync('/usr/bin/newuidmap'))
  const { check, failed } = await diagnose({ wrapper: [...setpriv, '54321'] })
  expect(failed).toEqual([])
  expect(check('uid ranges').remedy?.commands).toEqual(['sudo usermod --add-subuids 100000-165535 --add-subgids 100000-165535 54321'])
})

test('a user with ranges', async (context) => {
  needs(context, 'root', isRoot)
  needsOrdinaryUser(context)
  needs(context, 'newuidmap', existsSync('/usr/bin/newuidmap'))
  const directory = mkdtempSync(join(tmpdir(), 'doctor-ids-'))
  const ranges = join(directory, 'ranges')
  writeFileSync(ranges, 'nobody:3000000:1000\n', { mode: 0o644 })
  try {
    const script = `mount --bind ${ranges} /etc/subuid; mount --bind ${ranges} /etc/subgid; exec "$@"`
    const inside = ['unshare', '--mount', '/bin/sh', '-ec', script, 'situation']
    const { check } = await diagnose({ wrapper: [...inside, ...asOrdinaryUser] })
    expect(check('uid ranges')).toMatchObject({ status: 'pass', detail: '1000 ids from 3000000, mapped by newuidmap' })
    // Setuid programs gain nothing under no_new_privs (prctl(2)).
    const powerless = await diagnose({ wrapper: [...inside, ...asOrdinaryUser, '--no-new-privs'] })
    expect(powerless.check('uid ranges')).toMatchObject({ status: 'warn', detail: expect.stringMatching(/^new[ug]idmap: /) })
  } finally {
    rmSync(directory, { recursive: true })
  }
})
