import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ownOptions } from '../../../plugin/own-options.ts'
import { poolOptions } from '../../../src/config/pool-options.ts'

test('the defaults seal everything', () => {
  expect(poolOptions(undefined)).toEqual({
    seal: 'require',
    launch: 'auto',
    uid: 'root',
    reach: { net: 'none', forward: [], expose: [], allow: [], hosts: {} },
    hostname: 'nsbox',
    upper: 'auto',
    hangTimeout: 120_000,
    keep: 'never',
    limitsBy: 'auto',
    report: true,
    strict: [],
    expectedWrites: [],
    failOnWrite: false,
    rules: [],
  })
})

test('the README has every option', () => {
  const readme = readFileSync(join(import.meta.dirname, '../../../README.md'), 'utf8')
  let said = ''
  try {
    poolOptions({ x: 1 })
  } catch (error) {
    said = (error as Error).message
  }
  const names = said.replace(/^.*known options are /, '').split(', ')
  expect(names.filter((name) => !new RegExp(`^(\\| )?\`${name}\` `, 'm').test(readme))).toEqual([])
})

const globWords = "it must be a glob such as '**/*.slow.test.ts', or a list of them"

test.each([
  [
    { nett: 'host' },
    expect.stringMatching(/^nsbox\(\): unknown option "nett" \(did you mean "net"\?\); known options are seal, .*, net, .*, rules$/),
  ],
  [{ net: 'hots' }, 'nsbox(): net is "hots" (did you mean "host"?); it must be one of "none", "localhost", "host"'],
  [{ seal: 'requierd' }, 'nsbox(): seal is "requierd" (did you mean "require"?); it must be one of "require", "prefer", "optional"'],
  [
    { hangTimeOut: 5, lunch: 'cold' },
    expect.stringMatching(
      /^nsbox\(\): unknown option "hangTimeOut" \(did you mean "hangTimeout"\?\); .*"lunch" \(did you mean "launch"\?\)/,
    ),
  ],
  [{ net: 'host', forward: [5432] }, "nsbox(): forward is 5432: with net: 'host' there is but one localhost: leave out one of the two"],
  [{ launch: 1 }, 'nsbox(): launch is 1; it must be one of "auto", "warm", "cold"'],
  [{ hostname: 'a_b' }, 'nsbox(): hostname is "a_b": a host name has letters, digits and hyphens, 63 at most, and no hyphen at its ends'],
  [
    { hostname: 'no spaces' },
    'nsbox(): hostname is "no spaces": a host name has letters, digits and hyphens, 63 at most, and no hyphen at its ends',
  ],
  [{ workspace: 'src' }, 'nsbox(): workspace is "src": a workspace is an absolute path'],
  [{ hangTimeout: -1 }, 'nsbox(): hangTimeout is -1: milliseconds cannot be negative'],
  [{ hangTimeout: 2 ** 31 }, 'nsbox(): hangTimeout is 2147483648: it must be 2073600000 at most, which is 24 days; 0 is never'],
  [{ hangTimeout: 1.5 }, 'nsbox(): hangTimeout is 1.5; it must be a whole number'],
  [{ hangTimeout: 'soon' }, 'nsbox(): hangTimeout is "soon"; it must be a number'],
  [{ hangTimeout: '2s' }, 'nsbox(): hangTimeout is "2s"; it must be a number'],
  [{ cpu: 0 }, 'nsbox(): cpu is 0: that is 0 ms of each 100 ms, and the least is 1 ms'],
  [{ memory: '12' }, 'nsbox(): memory is "12": no program runs in less than 1M; node needs about 32M'],
  [{ memory: null }, 'nsbox(): memory is null: it must be a size such as 64M, 1.5G or 4096 (bytes)'],
  [{ pids: 1.5 }, 'nsbox(): pids is 1.5; it must be a whole number'],
  [{ limitsBy: 'cgroups' }, 'nsbox(): limitsBy is "cgroups" (did you mean "cgroup"?); it must be one of "auto", "cgroup", "emulation"'],
  [{ cgroupParent: 'nsbox' }, 'nsbox(): cgroupParent is "nsbox": it must be an absolute path'],
  [{ disk: 'full' }, 'nsbox(): disk is "full": it must be a size such as 64M, 1.5G or 4096 (bytes)'],
  [{ rules: {} }, 'nsbox(): rules is {}; it must be a list'],
  [{ rules: [{ files: '**', memory: 'much' }] }, 'nsbox(): rules.0.memory is "much": it must be a size such as 64M, 1.5G or 4096 (bytes)'],
  [{ rules: [{ files: '**' }, { memory: '64M' }] }, `nsbox(): rules.1.files is undefined: ${globWords}`],
  [{ rules: [{ files: [] }] }, `nsbox(): rules.0.files is []: ${globWords}`],
  [{ rules: [{ files: ['a', 1] }] }, `nsbox(): rules.0.files is ["a",1]: ${globWords}`],
  [
    { rules: [{ files: '**', memmory: '64M' }] },
    expect.stringMatching(
      /^nsbox\(\): unknown option "rules\.0\.memmory" \(did you mean "memory"\?\); known options are files, cpu, .*, hosts/,
    ),
  ],
  ['host', 'nsbox(): options are "host"; they must be an object'],
  [
    { strict: 'ports,files' },
    "nsbox(): strict is \"ports,files\": it must be true, false, or a list of 'writes', 'processes', 'ports', 'refused'",
  ],
  [{ expectedWrites: [1] }, "nsbox(): expectedWrites is [1]: it must be a list of globs such as 'dist/**'"],
  [{ setup: ['echo', 'a\0b'] }, 'nsbox(): setup is ["echo","a\\u0000b"]: it has a NUL, and a program would get what stands before it'],
  [
    { setup: [] },
    "nsbox(): setup is []: it must be a file such as 'scripts/seed.ts', or the words of a command such as ['npm', 'run', 'seed']",
  ],
  [{ cpu: 0.001 }, expect.stringMatching(/^nsbox\(\): cpu is 0\.001: .*take a longer period: 0\.001\/1000ms/)],
  [{ reportFile: '' }, 'nsbox(): reportFile is "": it must be the path of a file'],
  [[], 'nsbox(): options are []; they must be an object'],
])('%j is refused with the field, the value and what is allowed', (input, message) => {
  expect(() => poolOptions(input)).toThrow(expect.objectContaining({ message, code: 'ERR_NSBOX_CONFIG', stage: 'config' }))
})

test('all mistakes are named at once', () => {
  expect(() => poolOptions({ net: 'x', uid: 'y' })).toThrow(/uid is "y".*; net is "x"/)
  expect(() => poolOptions({ net: 'all', uid: 1 })).toThrow(/uid is 1.*; net is "all"/)
})

test('limits are read as everywhere, and rules may lift them', () => {
  const { rules, ...pool } = poolOptions({
    cpu: '50%',
    memory: '256M',
    disk: '1G',
    rules: [
      { files: 'a.test.ts', memory: '1G', cpus: '0-1' },
      { files: ['b', 'c'], memory: null, cpu: 0.25 },
    ],
  })
  expect(pool).toMatchObject({ cpu: { share: 0.5, periodMs: 100 }, memory: 256 * 1024 ** 2, disk: 1024 ** 3 })
  expect(rules).toEqual([
    { files: ['a.test.ts'], limits: { memory: 1024 ** 3, cpus: [0, 1] }, reach: {} },
    { files: ['b', 'c'], limits: { memory: null, cpu: { share: 0.25, periodMs: 100 } }, reach: {} },
  ])
})

test('words are options too: texts that are numbers are numbers', () => {
  const words = ['--nsbox.cpu=0.25', '--nsbox.memory=128M', '--nsbox.pids=64', '--nsbox.cpus=0', '--nsbox.hostname=v1.2']
  expect(ownOptions(words)).toEqual({ cpu: 0.25, memory: '128M', pids: 64, cpus: 0, hostname: 'v1.2' })
})

test('words of lists and of names may be repeated, or joined by commas', () => {
  const words = ['--nsbox.forward=5432,6379:16379', '--nsbox.forward=80', '--nsbox.hosts=a.example=127.0.0.1', '--nsbox.hosts=b=::1']
  expect(ownOptions(words)).toEqual({ forward: ['5432', '6379:16379', '80'], hosts: { 'a.example': '127.0.0.1', b: '::1' } })
})

test.each([
  ['--nsbox.rules=[]', 'nsbox(): rules is "[]"; rules cannot be given as a word: vitest.config.ts has it, in nsbox({ rules: … })'],
  [
    '--nsbox.rules.0.memory=1G',
    'nsbox(): rules.0.memory is "1G"; rules cannot be given as a word: vitest.config.ts has it, in nsbox({ rules: … })',
  ],
  ['--nsbox.io=/dev/sda', 'nsbox(): io is "/dev/sda"; io cannot be given as a word: vitest.config.ts has it, in nsbox({ io: … })'],
])('%s is for config files', (word, message) => {
  expect(() => ownOptions([word])).toThrow(expect.objectContaining({ message, code: 'ERR_NSBOX_CONFIG' }))
})

test.each([
  [{ strict: true }, ['writes', 'processes', 'ports', 'refused']],
  [{ strict: false }, []],
  [{ strict: ['ports'] }, ['ports']],
  [ownOptions(['--nsbox.strict=writes,ports']), ['writes', 'ports']],
])('%j names what fails a file', (input, strict) => {
  expect(poolOptions(input)).toMatchObject({ strict })
})

test('files may have another failOnWrite by rules, and as a word', () => {
  const { failOnWrite, rules } = poolOptions({ failOnWrite: true, rules: [{ files: 'a', failOnWrite: false }, { files: 'b' }] })
  expect([failOnWrite, ...rules.map((rule) => rule.failOnWrite)]).toEqual([true, false, undefined])
  expect(poolOptions(ownOptions(['--nsbox.failOnWrite=true', '--nsbox.expectedWrites=a,b']))).toMatchObject({
    failOnWrite: true,
    expectedWrites: ['a', 'b'],
  })
})
