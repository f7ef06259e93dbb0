import { describe, expect, it } from 'vitest'
import { clustersOf } from '../../../src/stress/clusters.ts'
import { normaliseText, rootIn, signatureOf } from '../../../src/stress/normalise.ts'
import { attempt, errorOf, killed, root, test, times } from '../../support/stress-attempts.ts'

describe('normaliseText', () => {
  it.each([
    ['connect ECONNREFUSED 127.0.0.1:49213', 'connect ECONNREFUSED <address>'],
    ['listen EADDRINUSE: address already in use :::3000', 'listen EADDRINUSE: address already in use <address>'],
    ['127.0.0.1 is not [::1]:80 nor localhost:49213', '<address> is not <address> nor <address>'],
    ['port 49213 is taken', 'port <port> is taken'],
    ['Test timed out in 5000ms.', 'Test timed out in <duration>.'],
    ['took 1.25 s, not 3 seconds', 'took <duration>, not <duration>'],
    ['expected -17.5 to be 42', 'expected <n> to be <n>'],
    ['user 0f8fad5b-d9cb-469f-a165-70867728950e', 'user <uuid>'],
    ['at 2026-11-22T18:41:18.123Z', 'at <time>'],
    ["expected '2026-03-15' to be '2026-03-14'", "expected '<time>' to be '<time>'"],
    ['expected -840 to be +0, of 3-4', 'expected <n> to be <n>, of <n>-<n>'],
    ["ENOENT: no such file or directory, open '/tmp/test-x7Ga2/out.json'", "ENOENT: no such file or directory, open '<temp>'"],
    [`cannot read ${root}/src/data.json`, 'cannot read src/data.json'],
    ['in /opt/ci/node_modules/vite/dist/index.js:12:3', 'in node_modules/vite/dist/index.js:<n>:<n>'],
    ["open '/home/other/cache/index.db'", "open '<path>/index.db'"],
    ['commit 86d5f58e91 at 0x7ffe12', 'commit <hex> at <hex>'],
    ['\u001b[31mred\u001b[39m deadline', 'red deadline'],
    ['expected "added" to be "decade"', 'expected "added" to be "decade"'],
  ])('of %s', (text, normal) => expect(normaliseText(text, root)).toBe(normal))
})

describe('signatureOf', () => {
  const at = (...frames: string[]) => ({
    name: 'Error',
    message: 'x',
    stack: ['Error: x', ...frames.map((frame) => `    at ${frame}`)].join('\n'),
    isTimeout: false,
  })

  it('has the frames of sources, without those of the test, of packages and of node', () => {
    const error = at(
      `connect (${root}/src/client.ts:8:11)`,
      `file://${root}/node_modules/got/dist/index.js:1:1`,
      'process.processTicksAndRejections (node:internal/process/task_queues:103:5)',
      `${root}/src/a.test.ts:12:7`,
    )
    expect(signatureOf(error, { file: 'src/a.test.ts', root })).toBe('Error: x\nat connect src/client.ts:8')
  })

  it('has the place in the test where there is none in the sources', () => {
    expect(signatureOf(at(`${root}/src/a.test.ts:12:7`, `${root}/src/a.test.ts:30:1`), { file: 'src/a.test.ts', root })).toBe(
      'Error: x\nat src/a.test.ts:12',
    )
  })

  it('finds the root by the name of the test file', () => {
    expect(rootIn(errorOf('x').stack, 'src/a.test.ts')).toBe(root)
    expect(rootIn(errorOf('x').stack, 'src/b.test.ts')).toBeNull()
  })
})

describe('clustersOf', () => {
  const refused = (port: number, file = 'src/a.test.ts') =>
    errorOf(`connect ECONNREFUSED 127.0.0.1:${port}`, {
      stack: `Error: x\n    at connect (${root}/src/client.ts:8:11)\n    at ${root}/${file}:${port}:7`,
    })

  it('puts failures of one kind together, across tests, files and knobs', () => {
    const clusters = clustersOf([
      attempt('baseline', '', [test('adds'), test('sends')]),
      attempt('sweep', 'cpu=0.25,seed=1', [test('adds', [refused(4001)]), test('sends', [refused(4002)])]),
      attempt('sweep', 'cpu=0.25,seed=2', [test('gets', [refused(4003, 'src/b.test.ts')])], 'src/b.test.ts'),
      attempt('sweep', 'freeze=64ms', [test('adds', [refused(4004)]), test('sends', [errorOf('expected 1 to be 2')])]),
    ])
    expect(clusters).toMatchObject([
      {
        error: 'Error: connect ECONNREFUSED 127.0.0.1:4001',
        signature: 'Error: connect ECONNREFUSED <address>\nat connect src/client.ts:8',
        failures: 4,
        tests: ['src/a.test.ts > adds', 'src/a.test.ts > sends', 'src/b.test.ts > gets'],
        knobs: { 'cpu=0.25': 3, 'freeze=64ms': 1 },
      },
      { error: 'Error: expected 1 to be 2', failures: 1, tests: ['src/a.test.ts > sends'] },
    ])
    expect(clusters[0]?.id).toMatch(/^[0-9a-f]{8}$/)
  })

  it('puts kills of one cap together, whatever the peak', () => {
    const clusters = clustersOf(
      times(3, (index) =>
        attempt('sweep', 'memory=64M', killed('memory', `killed by its memory cap of 64 MiB (peak ${62 + index}.5 MiB)`)),
      ),
    )
    expect(clusters).toMatchObject([{ failures: 3, tests: ['src/a.test.ts'], cause: { class: 'resources' } }])
    expect(clusters[0]?.signature).toBe('killed by its memory cap of <size> (peak <size>)')
  })

  it('has none where nothing failed', () => {
    expect(clustersOf([attempt('baseline', '', [test('adds')])])).toEqual([])
  })
})
