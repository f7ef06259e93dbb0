import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { type Check, type Diagnosis, fail, pass, verdictOf, warn } from '../../../src/doctor/check.ts'
import { overlayChecks } from '../../../src/doctor/file-systems.ts'
import { fixScript } from '../../../src/doctor/fix-script.ts'
import { mendings } from '../../../src/doctor/mending.ts'
import { formatDiagnosis } from '../../../src/doctor/report.ts'
import { delegateControllers, keepUserManager, ownCgroup, switchToCgroup2 } from '../../../src/host/remedies/cgroups.ts'
import { loosenContainer, mapRoot } from '../../../src/host/remedies/containers.ts'
import { mountVarTmp } from '../../../src/host/remedies/file-systems.ts'
import { addRanges, installNewuidmap, makeSetuid } from '../../../src/host/remedies/ids.ts'
import { exemptFromApparmor } from '../../../src/host/remedies/namespaces.ts'
import type { Remedy } from '../../../src/host/remedies/remedy.ts'
import { reinstallKoffi } from '../../../src/host/remedies/software.ts'
import type { Restrictions } from '../../../src/host/restrictions.ts'

const diagnosis = (...checks: Check[]): Diagnosis => ({ verdict: verdictOf(checks), place: 'host', checks })
const limit: Remedy = { why: 'It is too low', commands: ['raise it'], where: 'here' }

test('the verdict is that of the worst check', () => {
  expect(verdictOf([pass('a', '')])).toBe('ok')
  expect(verdictOf([pass('a', ''), warn('b', '', 'c', undefined)])).toBe('degraded')
  expect(verdictOf([warn('b', '', 'c', undefined), fail('a', '', undefined)])).toBe('cannot-seal')
})

test('a remedy that several checks call for is shown once, those of failures first', () => {
  const found = mendings(diagnosis(warn('a', '', 'x', { ...limit, why: 'Other' }), fail('b', '', limit), fail('c', '', limit)))
  expect(found.map(({ remedy, for: names }) => [remedy.why, names])).toEqual([
    ['It is too low', ['b', 'c']],
    ['Other', ['a']],
  ])
})

test('lines for people', () => {
  const text = formatDiagnosis(
    diagnosis(pass('short', 'seen'), warn('longer', 'not seen', 'no caps', undefined), fail('c', 'EPERM', limit)),
    false,
  )
  expect(text).toBe(`PASS  short   seen
WARN  longer  not seen
              no caps
FAIL  c       EPERM

c: It is too low.
    raise it

nsbox cannot seal anything here (a Linux host): PASS 1, WARN 1, FAIL 1.`)
})

test('nothing to fix', () => {
  expect(fixScript(diagnosis(pass('a', '')))).toBe('# nsbox doctor: there is nothing to fix here.')
  expect(fixScript(diagnosis(fail('a', '', undefined)))).toContain('no known remedy')
})

test('every remedy makes a script that a shell can read, and runs nothing that is not for here', () => {
  const remedies = [
    exemptFromApparmor('host', "/it's/node"),
    delegateControllers(['io']),
    keepUserManager(),
    ownCgroup("/sys/fs/cgroup/it's"),
    mapRoot('docker'),
    mountVarTmp('podman'),
    switchToCgroup2('host', true),
    installNewuidmap(),
    addRanges('ann'),
    makeSetuid(['/usr/bin/newuidmap']),
    reinstallKoffi(),
    loosenContainer('docker'),
  ]
  const script = fixScript(diagnosis(...remedies.map((remedy, index) => fail(`${index}`, '', remedy))))
  expect(spawnSync('/bin/sh', ['-n'], { input: script })).toMatchObject({ status: 0 })
  expect(script).toContain("\nsudo install -D -m 755 '/it'\\''s/node' /opt/nsbox/bin/node\n")
  expect(script).toContain('\nDelegate=cpu cpuset io memory pids\n')
  expect(script).toMatch(/^# {3}docker run /m)
  expect(script).not.toMatch(/^docker run/m)
  expect(script).not.toMatch(/^sudo sysctl/m)
})

test('one of the two overlays has to work', () => {
  const host: Partial<Restrictions> = { place: 'host', procCovers: [] }
  const statuses = (tmpfs: Parameters<typeof overlayChecks>[0], disk: Parameters<typeof overlayChecks>[1]) =>
    overlayChecks(tmpfs, disk, host as Restrictions).map(({ status }) => status)
  const noXattrs = { message: 'no attributes', code: 'ERR_NSBOX_UPPER_XATTR' }
  const refused = { message: 'mount("overlay") failed: EINVAL', errno: 'EINVAL' }
  expect(statuses(undefined, undefined)).toEqual(['pass', 'pass'])
  expect(statuses(noXattrs, undefined)).toEqual(['warn', 'pass'])
  expect(statuses(undefined, refused)).toEqual(['pass', 'warn'])
  expect(statuses(noXattrs, refused)).toEqual(['fail', 'fail'])
  expect(statuses(refused, refused)).toEqual(['fail', 'warn'])
  const onDisk = (tmpfs: Parameters<typeof overlayChecks>[0], disk: Parameters<typeof overlayChecks>[1]) =>
    overlayChecks(tmpfs, disk, host as Restrictions)[1]?.remedy?.why
  expect(onDisk(undefined, refused), 'memory would do: it is not the workspace').toMatch(/cannot keep its files in \/var\/tmp/)
  expect(onDisk(noXattrs, { message: 'mount_setattr() failed: ENOSYS', errno: 'ENOSYS' })).toMatch(/needs Linux 5.12/)
  expect(onDisk(undefined, { message: 'no answer in 60 s' })).toBeUndefined()
})
