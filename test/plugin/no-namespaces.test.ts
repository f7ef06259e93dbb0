// A machine without user namespaces, for real: the limit is per namespace (namespaces(7)), so it is
// set to 0 in one that the run is started in.

import { beforeAll, describe, expect, test } from 'vitest'
import { expectNothingRuns } from '../support/vitest-left-behind.ts'
import { fixture, seedSuite, vitestVersions } from '../support/vitest-project.ts'
import { type RunInTurn, vitestRuns } from '../support/vitest-runs.ts'

const wrapper = [
  'unshare',
  '--user',
  '--map-root-user',
  '/bin/sh',
  '-c',
  'echo 0 > /proc/sys/user/max_user_namespaces && exec "$@"',
  'without-namespaces',
]
const files = fixture('no-namespaces')

/** Both ways to launch a worker, each in a project of its own. */
const preferring = `import { defineConfig } from 'vitest/config'
import { nsbox } from 'nsbox/vitest'

const project = (launch) => ({ plugins: [nsbox({ seal: 'prefer', launch })], test: { name: launch, include: [launch + '/*.test.ts'], pool: 'nsbox' } })
export default defineConfig({ test: { projects: ['warm', 'cold'].map(project) } })
`

describe.each(vitestVersions)('$name', (version) => {
  const runs = files['runs.test.ts'] as string
  const project = seedSuite(version, {
    ...files,
    'preferring.config.ts': preferring,
    'warm/runs.test.ts': runs,
    'cold/runs.test.ts': runs,
  })
  let required: RunInTurn
  let preferred: RunInTurn
  beforeAll(async () => {
    const lines = [[], ['--config=preferring.config.ts']]
    ;[required, preferred] = (await vitestRuns(project, lines, { wrapper })) as [RunInTurn, RunInTurn]
  })

  test("seal: 'require' stops the run before any test, with the fact that is missing and a command", () => {
    const run = required
    expect(run.stderr).toMatch(/clone\(.*CLONE_NEWUSER.*\) failed: ENOSPC/)
    expect(run.stderr).toContain('The limit of user namespaces is 0. Run: sudo sysctl -w user.max_user_namespaces=15000')
    expect(run.output).not.toContain('ran on')
    expect(run.tests).toEqual({})
    expect(run.exitCode).toBe(1)
  })

  test("seal: 'prefer', launched warm and cold, runs and says what is missing", async () => {
    const run = preferred
    expect(run.tests, run.output).toEqual({ 'warm/runs.test.ts > runs': 'passed', 'cold/runs.test.ts > runs': 'passed' })
    // Once for each project.
    expect(run.output.match(/nsbox: not sealed here: namespaces: .*ENOSPC/g), run.output).toHaveLength(2)
    expect(run.exitCode).toBe(0)
    await expectNothingRuns(project)
  })
})
