// A machine without user namespaces, for real: the limit is per namespace (namespaces(7)), so it is
// set to 0 in one that the run is started in.

import { describe, expect, test } from 'vitest'
import { expectNothingRuns } from '../support/vitest-left-behind.ts'
import { nsboxConfig, seedTest, testFile, vitestVersions } from '../support/vitest-project.ts'
import { vitestRun } from '../support/vitest-run.ts'

const wrapper = [
  'unshare',
  '--user',
  '--map-root-user',
  '/bin/sh',
  '-c',
  'echo 0 > /proc/sys/user/max_user_namespaces && exec "$@"',
  'without-namespaces',
]
const files = {
  'runs.test.ts': testFile(`import { hostname } from 'node:os'; import { spawn } from 'node:child_process'
test('runs', () => { console.log('ran on ' + hostname()); spawn('sleep', ['86400'], { detached: true, stdio: 'ignore' }).unref() })`),
}

describe.each(vitestVersions)('$name', (version) => {
  test("seal: 'require' stops the run before any test, with the fact that is missing and a command", async () => {
    const project = seedTest(version, files)
    const run = await vitestRun(project, [], { wrapper })
    expect(run.stderr).toMatch(/clone\(.*CLONE_NEWUSER.*\) failed: ENOSPC/)
    expect(run.stderr).toContain('The limit of user namespaces is 0. Run: sudo sysctl -w user.max_user_namespaces=15000')
    expect(run.output).not.toContain('ran on')
    expect(run.tests).toEqual({})
    expect(run.exitCode).toBe(1)
  })

  test.each(['warm', 'cold'])("seal: 'prefer', launched %s, runs and says what is missing", async (launch) => {
    const project = seedTest(version, { 'vitest.config.ts': nsboxConfig({ options: `seal: 'prefer', launch: '${launch}'` }), ...files })
    const run = await vitestRun(project, [], { wrapper })
    expect(run.tests, run.output).toEqual({ 'runs.test.ts > runs': 'passed' })
    expect(run.output).toMatch(/nsbox: not sealed here: namespaces: .*ENOSPC/)
    expect(run.exitCode).toBe(0)
    await expectNothingRuns(project)
  })
})
