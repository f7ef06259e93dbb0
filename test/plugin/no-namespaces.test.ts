// A machine without user namespaces, for real: the limit is per namespace (namespaces(7)), so it is
// set to 0 in one that the run is started in.

import { hostname } from 'node:os'
import { beforeAll, describe, expect, test } from 'vitest'
import { expectNothingRuns } from '../support/vitest-left-behind.ts'
import { fixture, oneVitest, seedSuite, vitestVersions } from '../support/vitest-project.ts'
import { type RunInTurn, vitestRuns } from '../support/vitest-runs.ts'

/** Runs what follows where no namespaces of these kinds can be had; all of them are lost with the first. */
const without = (...kinds: string[]) => [
  'unshare',
  '--user',
  '--map-root-user',
  '/bin/sh',
  '-c',
  `for kind in ${kinds.join(' ')}; do echo 0 > /proc/sys/user/max_\${kind}_namespaces; done; exec "$@"`,
  'without-namespaces',
]
const files = fixture('no-namespaces')

/** Both ways to launch a worker, each in a project of its own. */
const preferring = (seal: string) => `import { defineConfig } from 'vitest/config'
import { nsbox } from 'nsbox/vitest'

const project = (launch) => ({ plugins: [nsbox({ seal: '${seal}', launch })], test: { name: launch, include: [launch + '/*.test.ts'], pool: 'nsbox' } })
export default defineConfig({ test: { projects: ['warm', 'cold'].map(project) } })
`
const both = { 'warm/runs.test.ts > runs': 'passed', 'cold/runs.test.ts > runs': 'passed' }

describe.each(vitestVersions)('$name', (version) => {
  const runs = files['runs.test.ts'] as string
  const project = seedSuite(version, {
    ...files,
    'preferring.config.ts': preferring('prefer'),
    'optional.config.ts': preferring('optional'),
    'warm/runs.test.ts': runs,
    'cold/runs.test.ts': runs,
  })
  let required: RunInTurn
  let preferred: RunInTurn
  let optional: RunInTurn
  beforeAll(async () => {
    const lines = [[], ['--config=preferring.config.ts']]
    ;[required, preferred] = (await vitestRuns(project, lines, { wrapper: without('user') })) as [RunInTurn, RunInTurn]
    expect(project.list()).not.toContain('written.txt')
    ;[optional] = (await vitestRuns(project, [['--config=optional.config.ts']], { wrapper: without('user') })) as [RunInTurn]
  })

  test("seal: 'require' stops the run before any test, with the fact that is missing and a command", () => {
    const run = required
    expect(run.stderr).toMatch(/clone\(.*CLONE_NEWUSER.*\) failed: ENOSPC/)
    expect(run.stderr).toContain('The limit of user namespaces is 0. Run: sudo sysctl -w user.max_user_namespaces=15000')
    expect(run.output).not.toContain('ran on')
    expect(run.tests).toEqual({})
    expect(run.exitCode).toBe(1)
  })

  test("seal: 'prefer' does too: files of the project would be written to", () => {
    const run = preferred
    expect(run.stderr).toMatch(
      /ENOSPC\. Without namespaces programs would write to the real project, HOME and \/tmp, and use the host's network/,
    )
    expect(run.stderr).toContain("seal: 'prefer' stops there, seal: 'optional' goes on")
    expect(run.stderr).toContain('Run: sudo sysctl -w user.max_user_namespaces=15000')
    expect(run.output).not.toContain('ran on')
    expect(run.exitCode).toBe(1)
  })

  test("seal: 'optional', launched warm and cold, runs, says what that means, and leaves no process", async () => {
    const run = optional
    expect(run.tests, run.output).toEqual(both)
    // Once for each project.
    const said = /nsbox: not in force: namespaces: programs write to the real project, HOME and \/tmp, .*ENOSPC\n {2}hint: .*Run: sudo/g
    expect(run.output.match(said), run.output).toHaveLength(2)
    expect(run.exitCode).toBe(0)
    expect(project.list()).toContain('written.txt')
    await expectNothingRuns(project)
  })
})

describe.each(oneVitest)('some kinds are missing', (version) => {
  const runs = files['runs.test.ts'] as string
  const project = seedSuite(version, {
    'vitest.config.ts': preferring('prefer'),
    'warm/runs.test.ts': runs,
    'warm/again.test.ts': runs,
    'warm/once-more.test.ts': runs,
    'cold/runs.test.ts': runs,
  })
  const all = { ...both, 'warm/again.test.ts > runs': 'passed', 'warm/once-more.test.ts > runs': 'passed' }

  test("seal: 'prefer' has the others, and says what is lost", async () => {
    const [run] = (await vitestRuns(project, [[]], { wrapper: without('net', 'uts') })) as [RunInTurn]
    expect(run.tests, run.output).toEqual(all)
    expect(run.output.match(/nsbox: not in force: net namespace: the network is the host's: .*ENOSPC\n {2}hint: .*max_net_/g)).toHaveLength(
      2,
    )
    expect(
      run.output.match(/nsbox: not in force: uts namespace: the host name is the host's: .*ENOSPC\n {2}hint: .*max_uts_/g),
    ).toHaveLength(2)
    expect(run.output).toContain(`ran on ${hostname()}`)
    expect(project.list()).not.toContain('written.txt')
    await expectNothingRuns(project)
  })

  test('without a /proc of its own a file is told what it has left running, and nothing of what runs around it', async () => {
    const wrapper = ['unshare', '--user', '--map-root-user', '--mount', '--pid', '--fork', '--mount-proc', '/bin/sh', '-c']
    const covered = [...wrapper, 'mount -t tmpfs none /proc/tty; exec "$@"', 'covered']
    const [run] = (await vitestRuns(project, [[]], { wrapper: covered })) as [RunInTurn]
    expect(run.tests, run.output).toEqual(all)
    expect(run.output).toContain('nsbox: not in force: proc: programs see the processes around the sandbox: mount("proc"')
    // Sandboxes that are forked ahead have the zygote's command line.
    expect(run.output.match(/process {2}.*(?= \(pid)/g)).toEqual(Array(4).fill('process  sleep 86400'))
  })
})
