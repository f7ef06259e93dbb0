import { expect, test } from 'vitest'
import type { HostFacts } from '../../../src/plan/host-facts.ts'
import type { Namespace, SandboxPlan } from '../../../src/plan/plan.ts'
import { plainRun, type SandboxRequest } from '../../../src/plan/request.ts'
import { sandboxPlan } from '../../../src/plan/sandbox-plan.ts'
import { mayBeLeftOut, stepName } from '../../../src/plan/step.ts'
import { withoutNamespaces } from '../../../src/plan/without-namespaces.ts'

const host: HostFacts = {
  arch: 'x64',
  uid: 1000,
  gid: 1000,
  hostName: 'machine',
  mappable: null,
  subordinate: { uid: [], gid: [] },
  home: '/home/me',
  rebuilt: {},
  sharedDirectories: { '/tmp': 0o1777, '/var/tmp': 0o1777, '/run': 0o755 },
  upper: { on: 'tmpfs' },
  keepVisible: ['/usr/bin/node'],
  resolverConfiguration: ['/run/resolv.conf'],
  withoutNamespace: ['/proc/keys'],
  userCounts: { files: { max_inotify_instances: 128, max_inotify_watches: 8192 }, resources: { msgqueue: 819200 } },
  allowed: [],
}
const request: SandboxRequest = {
  seal: 'require',
  uid: 'root',
  net: 'none',
  hostname: 'nsbox',
  overlays: ['/home/me/project'],
  passThrough: [],
  visible: [],
  cwd: '/home/me/project',
}

function outline(changedRequest: Partial<SandboxRequest> = {}, changedHost: Partial<HostFacts> = {}): string[] {
  const { steps } = sandboxPlan({ ...request, ...changedRequest }, { ...host, ...changedHost })
  return steps.map((step) => ('target' in step ? `${step.do} ${step.target}` : step.do))
}

/** Those of /etc/hosts. */
function linesOf(changedRequest: Partial<SandboxRequest>): string[] | undefined {
  const { steps } = sandboxPlan({ ...request, ...changedRequest }, host)
  return steps.flatMap((step) => (step.do === 'lines' && step.target === '/etc/hosts' ? [step.lines] : []))[0]
}

test('the order of the seal', () => {
  expect(outline()).toMatchInlineSnapshot(`
    [
      "map-ids",
      "oom-score",
      "user-counts",
      "hostname",
      "hold",
      "private-mounts",
      "read-only",
      "cover",
      "tmpfs /run",
      "hold",
      "tmpfs /tmp",
      "tmpfs /run",
      "tmpfs /var/tmp",
      "overlay /home/me",
      "dev",
      "proc",
      "hide",
      "sys",
      "lines /etc/hosts",
      "loopback",
      "interface",
      "chdir",
      "capabilities",
      "no-new-privs",
      "seccomp",
    ]
  `)
})

test('names of hosts: files over all else, and a name server once there is a localhost', () => {
  const hosts = { 'db.example': '127.0.0.1' }
  const added = (net: 'none' | 'host') => {
    const plain = outline({ net })
    return outline({ net, hosts }).filter((line) => !plain.includes(line))
  }
  expect(added('none')).toEqual(['lines /etc/resolv.conf', 'name-server'])
  expect(added('host')).toEqual([])
  expect(linesOf({ hosts })).toEqual(['127.0.0.1 db.example', '127.0.1.1 nsbox'])
  expect(outline({ hosts: {} })).toEqual(outline())
})

test('no name server: /etc/hosts alone, whosever network it is', () => {
  const hosts = { 'db.example': '127.0.0.1' }
  for (const net of ['none', 'host'] as const) {
    const plain = outline({ net })
    const added = (names?: SandboxRequest['hosts']) => outline({ net, dns: 'none', hosts: names }).filter((line) => !plain.includes(line))
    expect(added()).toEqual(['lines /etc/resolv.conf'])
    expect(added(hosts)).toEqual(['lines /etc/resolv.conf'])
    expect(linesOf({ net, dns: 'none', hosts })).toContain('127.0.0.1 db.example')
  }
})

test('the name of the machine has an address, whatever it is', () => {
  expect(linesOf({ hostname: 'ci-worker-7' })).toEqual(['127.0.1.1 ci-worker-7'])
  expect(linesOf({ hosts: { Nsbox: '10.1.2.3' } })).toEqual(['10.1.2.3 Nsbox'])
  expect(linesOf({ hostname: 'localhost' })).toBeUndefined()
  const mount = (target: string) => linesOf({ run: { ...plainRun, mounts: [{ kind: 'mask', target }] } })
  expect([mount('/etc/hosts'), mount('/etc'), linesOf({ overlays: ['/etc'] })]).toEqual([undefined, undefined, undefined])
  expect(mount('/etc/hosts.allow')).toEqual(['127.0.1.1 nsbox'])
  const shared = { run: { ...plainRun, hostNamespaces: ['uts' as const] } }
  expect(linesOf(shared)).toEqual(['127.0.1.1 machine'])
  expect(linesOf({ ...shared, net: 'host' })).toBeUndefined()
})

test('an address besides localhost, unless it is not wanted', () => {
  expect(outline({ net: 'localhost' })).toEqual(outline().filter((line) => line !== 'interface'))
  expect(outline({ net: 'host' })).not.toContain('interface')
})

test('which steps may be left out', () => {
  const { steps } = sandboxPlan(request, host)
  const needed = (seal: SandboxPlan['seal']) => steps.filter((step) => !mayBeLeftOut(step, { seal, steps })).map(stepName)
  expect(needed('require')).toEqual(steps.map(stepName).filter((name) => name !== 'interface'))
  // What the overlay keeps lies in /run.
  expect(needed('prefer')).toEqual(['tmpfs /run', 'tmpfs /run', 'overlay /home/me'])
  expect(needed('optional')).toEqual([])
})

test('what is left without some namespaces', () => {
  const whole = sandboxPlan({ ...request, hosts: { db: '::1' }, forward: [{ listen: 80, to: 80 }] }, host)
  const without = (...missing: Namespace[]) => {
    const { namespaces, steps } = withoutNamespaces(whole, missing)
    expect(namespaces).not.toEqual(expect.arrayContaining(missing))
    return whole.steps.filter((step) => !steps.includes(step)).map(stepName)
  }
  expect(without('net')).toEqual(['lines /etc/resolv.conf', 'loopback', 'interface', 'forward', 'name-server'])
  expect(without('pid', 'uts')).toEqual(['hostname', 'proc'])
  expect(withoutNamespaces(whole, ['mount'])).toMatchObject({ namespaces: [], lastSteps: whole.lastSteps })
  expect(withoutNamespaces(whole, ['user']).steps.map(({ do: name }) => name)).toEqual(['oom-score', 'chdir', 'no-new-privs', 'seccomp'])
})

test('packets are slow from the time on that lo is up, and only on a lo of its own', () => {
  const traffic = { delay: 50, loss: 0.05, seed: 77 }
  const lines = outline({ traffic, expose: [{ listen: 0, to: 3000 }] })
  expect(lines.slice(lines.indexOf('loopback'), lines.indexOf('chdir'))).toEqual(['loopback', 'interface', 'traffic', 'expose'])
  expect(sandboxPlan({ ...request, traffic }, host).steps.find((step) => step.do === 'traffic')).toMatchObject(traffic)
  expect(() => outline({ traffic, net: 'host' })).toThrow(
    "the delay and loss of packets are 50 ms and 5 %: with net: 'host' localhost is the host's own",
  )
})

test('every step says why', () => {
  const asked = { hosts: { db: '::1' }, traffic: { delay: 1, loss: 0, seed: 1 } }
  for (const { why } of sandboxPlan({ ...request, ...asked }, host).steps) expect(why).toMatch(/^\w.*[^.]$/)
})

test('a plan is the same every time, and plain data', () => {
  expect(sandboxPlan(request, host)).toEqual(sandboxPlan(request, host))
  expect(structuredClone(sandboxPlan(request, host))).toEqual(JSON.parse(JSON.stringify(sandboxPlan(request, host))))
})

test('writes on disk: a bind in place of the first tmpfs', () => {
  const onDisk = outline({}, { upper: { on: 'disk', directory: '/var/tmp/upper' } })
  const inMemory = outline()
  expect(onDisk.filter((_, index) => onDisk[index] !== inMemory[index])).toEqual(['bind /run'])
})

test('no home, no overlay for it', () => {
  expect(outline({}, { home: null }).filter((line) => line.startsWith('overlay'))).toEqual(['overlay /home/me/project'])
})

test('a workspace inside HOME needs no overlay of its own, one outside does', () => {
  expect(outline().filter((line) => line.startsWith('overlay'))).toEqual(['overlay /home/me'])
  expect(outline({ overlays: ['/srv/project'] }).filter((line) => line.startsWith('overlay'))).toEqual([
    'overlay /home/me',
    'overlay /srv/project',
  ])
})

test('a workspace in /tmp is mounted after the tmpfs that hides it', () => {
  const lines = outline({ overlays: ['/tmp/project'] })
  expect(lines.indexOf('overlay /tmp/project')).toBeGreaterThan(lines.lastIndexOf('tmpfs /tmp'))
})

test('overlays are kept in no directory that is under one', () => {
  const { steps } = sandboxPlan({ ...request, overlays: ['/run'] }, host)
  const overlay = steps.find((step) => step.do === 'overlay' && step.target === '/run')
  expect(overlay).toMatchObject({ scratch: '/tmp' })
})

test('what a private directory would hide is bound again, unless an overlay shows it', () => {
  expect(outline({}, { keepVisible: ['/tmp/node'] })).toContain('bind /tmp/node')
  expect(outline({ overlays: ['/tmp/project'] }, { keepVisible: ['/tmp/project/node'] })).not.toContain('bind /tmp/project/node')
})

test("with the host's network there is neither a namespace nor a loopback to bring up", () => {
  expect(sandboxPlan({ ...request, net: 'host' }, host).namespaces).not.toContain('net')
  expect(outline({ net: 'host' })).not.toContain('loopback')
})

test('ports lead out and in once there is a localhost', () => {
  const ports = { forward: [{ listen: 5432, to: 5432 }], expose: [{ listen: 0, to: 3000 }] }
  const lines = outline(ports)
  expect(lines.slice(lines.indexOf('loopback'))).toEqual([
    'loopback',
    'interface',
    'forward',
    'expose',
    'chdir',
    'capabilities',
    'no-new-privs',
    'seccomp',
  ])
})

test.each([
  [{ net: 'host', forward: [{ listen: 6379, to: 16379 }] }, "forward is 6379:16379: with net: 'host' there is but one localhost"],
  [{ net: 'host', expose: [{ listen: 3000, to: 3000 }] }, "expose is 3000: with net: 'host' there is but one localhost"],
  [
    { forward: [80, 81].map((to) => ({ listen: 5000, to })) },
    'forward is 5000:81: port 5000 can lead to one port only, and is there twice',
  ],
] satisfies [Partial<SandboxRequest>, string][])('ports that do not go together: %j', (ports, message) => {
  expect(() => sandboxPlan({ ...request, ...ports }, host)).toThrow(message)
})

test('any number of ports may be free ones', () => {
  expect(outline({ expose: [3000, 3001].map((to) => ({ listen: 0, to })) })).toContain('expose')
})

test('ids are mapped to root or to the caller', () => {
  const idsOf = (uid: SandboxRequest['uid']) => sandboxPlan({ ...request, uid }, host).steps.find((step) => step.do === 'map-ids')
  expect(idsOf('root')).toMatchObject({ uid: [{ inside: 0, outside: 1000, count: 1 }], writtenBy: 'init' })
  expect(idsOf('caller')).toMatchObject({ uid: [{ inside: 1000, outside: 1000, count: 1 }] })
})

test('root has all its ids inside too, and they are written from outside', () => {
  const all = [{ inside: 0, outside: 0, count: 4294967295 }]
  const { steps } = sandboxPlan(request, { ...host, uid: 0, gid: 0, mappable: { uid: all, gid: all } })
  expect(steps[0]).toMatchObject({ do: 'map-ids', uid: all, gid: all, writtenBy: 'zygote' })
})

test('an ordinary caller keeps no capability that goes around file permissions, root does', () => {
  const keptBy = (uid: number) => sandboxPlan(request, { ...host, uid }).steps.find((step) => step.do === 'capabilities')
  expect(keptBy(1000)).toMatchObject({ keep: ['net_bind_service', 'net_raw'] })
  expect(keptBy(0)?.keep).toContain('dac_override')
})

const allowed = (source: string, target: string = source, writable = false) => ({ kind: 'bind', source, target, writable }) as const

test('what is let in is held before it is covered, and mounted after all that could cover it', () => {
  const { steps } = sandboxPlan(request, { ...host, allowed: [allowed('/run/docker.sock'), allowed('/home/me/project/data')] })
  expect(steps.find((step) => step.do === 'hold')).toMatchObject({ paths: expect.arrayContaining(['/run/docker.sock']) })
  const lines = outline({}, { allowed: [allowed('/run/docker.sock'), allowed('/home/me/project/data')] })
  expect(lines.indexOf('bind /run/docker.sock')).toBeGreaterThan(lines.lastIndexOf('tmpfs /run'))
  expect(lines.indexOf('bind /home/me/project/data')).toBeGreaterThan(lines.indexOf('overlay /home/me'))
})

test('what is let in around an overlay does not cover it', () => {
  const lines = outline({ overlays: ['/srv/data/project'] }, { allowed: [allowed('/srv/data')] })
  expect(lines.indexOf('bind /srv/data')).toBeLessThan(lines.indexOf('overlay /srv/data/project'))
})

test('what is let in by the name of a link comes before what is let in where it leads', () => {
  const lines = outline({}, { allowed: [allowed('/srv/inner'), allowed('/srv', '/home/me/deep/link'), allowed('/srv')] })
  expect(lines.filter((line) => line.startsWith('bind'))).toEqual(['bind /home/me/deep/link', 'bind /srv', 'bind /srv/inner'])
})

test('overlays are kept in no directory that is let in', () => {
  const { steps } = sandboxPlan(request, { ...host, allowed: [allowed('/run')] })
  expect(steps.find((step) => step.do === 'overlay')).toMatchObject({ scratch: '/tmp' })
})

test('a step says when what is written reaches the host', () => {
  const { steps } = sandboxPlan(request, { ...host, allowed: [allowed('/srv/a'), allowed('/srv/b', '/srv/b', true)] })
  const whys = steps.flatMap((step) => (step.do === 'bind' && step.target.startsWith('/srv') ? [step.why] : []))
  expect(whys).toEqual(['asked for', 'asked for: what is written there reaches the host'])
})

test('layers lie on the overlay that they are for, and are held before they are covered', () => {
  const { steps } = sandboxPlan({ ...request, layers: { '/home/me': ['/var/tmp/layer'], '/elsewhere': [] } }, host)
  expect(steps.find((step) => step.do === 'overlay')).toMatchObject({ target: '/home/me', layers: ['/var/tmp/layer'] })
  expect(steps.find((step) => step.do === 'hold')).toMatchObject({ paths: expect.arrayContaining(['/var/tmp/layer']) })
})

test('few inotify watches are set while that is still allowed, and a /tmp in common is let in where a private one would be', () => {
  const { steps } = sandboxPlan({ ...request, inotify: 5, tmp: '/var/tmp/common' }, host)
  const [limit, shared] = [
    steps.findIndex((step) => step.do === 'user-counts'),
    steps.findIndex((step) => 'target' in step && step.target === '/tmp'),
  ]
  expect(steps[limit]).toMatchObject({ files: { max_inotify_watches: 5 } })
  expect(limit).toBeLessThan(steps.findIndex((step) => step.do === 'read-only'))
  expect(steps[shared]).toMatchObject({ do: 'bind', source: '/var/tmp/common', writable: true })
  expect(steps.find((step) => step.do === 'hold')).toMatchObject({ paths: expect.arrayContaining(['/var/tmp/common']) })
})

test('of what the kernel counts for all processes of a user, a sandbox may have a part', () => {
  const countsOf = (changed: Partial<SandboxRequest>) =>
    sandboxPlan({ ...request, ...changed }, host).steps.find((step) => step.do === 'user-counts')
  expect(countsOf({})).toMatchObject({
    files: { max_inotify_instances: 32, max_inotify_watches: 4096 },
    resources: { msgqueue: 409600 },
  })
  const limits = [{ do: 'rlimit' as const, resource: 'msgqueue' as const, soft: 819200, hard: 819200 }]
  expect(countsOf({ run: { ...plainRun, limits } })).toMatchObject({ resources: {} })
})
