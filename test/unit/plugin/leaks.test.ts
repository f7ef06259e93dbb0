import { expect, test } from 'vitest'
import type { FileReport } from '../../../plugin/file-report.ts'
import { leakError, leakLines, leaksOf } from '../../../plugin/leaks.ts'
import { type ReportedFile, sectionOf } from '../../../plugin/run-report.ts'
import { plainUsage } from '../../../src/run/usage.ts'

const clean: FileReport = {
  ...plainUsage(10, 1 << 20),
  limits: {},
  written: [],
  writtenMore: 0,
  writtenComplete: true,
  processes: [],
  ports: [],
  refused: [],
  refusedMore: 0,
  caps: [],
}
const leaking: FileReport = {
  ...clean,
  written: [{ path: 'out.txt', kind: 'added' }],
  processes: [{ pid: 4, command: 'sleep 60', test: 'starts' }],
  ports: [
    { protocol: 'tcp', port: 80, by: 'worker' },
    { protocol: 'udp', port: 53, by: 4, test: 'starts' },
  ],
  refused: [{ host: 'db.example', port: 5432, test: 'asks', hint: 'forward: [5432]' }],
  caps: [
    { limit: 'pids', words: 'refused 3 processes' },
    { limit: 'cpu', words: 'held back for 1.0 s' },
  ],
}

test('nothing of a file that left nothing, or could not be looked at', () => {
  expect(leaksOf(clean)).toEqual([])
  expect(leaksOf({ ...clean, written: null, processes: null, ports: null })).toEqual([])
})

test('each in a line, the longest list at the end', () => {
  expect(leaksOf(leaking).map(({ words }) => words)).toEqual([
    "process  sleep 60 (pid 4), started in 'starts'",
    'port     tcp 80 of the worker',
    "port     udp 53 of pid 4, opened in 'starts'",
    "refused  db.example:5432, tried in 'asks'; allow it with forward: [5432]",
    'cap      pids: refused 3 processes',
    'wrote    out.txt (added)',
  ])
})

test.each([
  [2, { writtenMore: 0 }, '… 4 more'],
  [6, { writtenMore: 7 }, '… 7 more'],
  [6, { writtenMore: 7, writtenComplete: false }, '… at least 7 more'],
])('%i lines, and how many more there are', (most, change, last) => {
  const lines = leakLines(leaksOf(leaking), { ...leaking, ...change }, most)
  expect(lines).toHaveLength(most + 1)
  expect(lines.at(-1)).toBe(last)
})

test('an error has what is forbidden and how to mend it, a line each', () => {
  expect(leakError('a.test.ts', leaking, ['writes', 'ports'])).toEqual({
    name: 'NsboxError',
    message: expect.any(String),
    stack: `NsboxError: a.test.ts left something behind:
  port     tcp 80 of the worker
  port     udp 53 of pid 4, opened in 'starts'
  wrote    out.txt (added)
Fix: write below os.tmpdir(), or name the paths in expectedWrites.
Fix: close each server and await it: \`await new Promise((closed) => server.close(closed))\`.`,
  })
  expect(leakError('a.test.ts', { ...clean, caps: leaking.caps }, ['writes', 'processes', 'ports', 'refused'])).toBeUndefined()
  expect(leakError('a.test.ts', leaking, [])).toBeUndefined()
})

const outputs = {
  ignored: ({ written }: ReportedFile) => new Set((written ?? []).flatMap(({ path }) => (path.startsWith('dist/') ? [path] : []))),
  globs: (files: readonly ReportedFile[]) => [...new Set(files.flatMap(({ written }) => (written ?? []).map(({ path }) => path)))],
}

test('what git ignores is counted, a line for each file; where files alone are left, the globs that expect them follow', () => {
  const built = Array.from({ length: 41 }, (_, index) => ({ path: `dist/${index}.js`, kind: 'added' as const }))
  const files: ReportedFile[] = [
    { ...clean, written: [...built, { path: "it's.txt", kind: 'modified' }], file: 'a.test.ts', project: '' },
    { ...clean, written: [{ path: 'dist/0.js', kind: 'added' }], file: 'b.test.ts', project: '' },
    { ...clean, written: ['1', '2', '3'].map((path) => ({ path, kind: 'added' as const })), file: 'c.test.ts', project: '' },
  ]
  const globs = () => ['dist/**', "it's.txt"]
  expect(sectionOf(files, 3, 'report.json', { ...outputs, globs })).toBe(`nsbox: 3 of 3 test files left something behind:
  a.test.ts
    wrote    41 files ignored by git
    wrote    it's.txt (modified)
  b.test.ts
    wrote    1 file ignored by git
  c.test.ts
    wrote    1 (added)
    wrote    2 (added)
    … 1 more in report.json
  To expect these writes: expectedWrites: ['dist/**', "it's.txt"]
`)
  const withPort: ReportedFile = { ...clean, ports: leaking.ports, file: 'd.test.ts', project: '' }
  expect(sectionOf([...files, withPort], 4, 'report.json', outputs)).not.toContain('expectedWrites')
})

test('a section is short, however many files leak', () => {
  const files = Array.from({ length: 14 }, (_, index): ReportedFile => ({ ...leaking, file: `${index}.test.ts`, project: '' }))
  const lines = (sectionOf(files, 20, 'report.json') ?? '').split('\n')
  expect(lines).toHaveLength(1 + 10 * 7 + 1 + 1 + 1)
  expect(lines[0]).toBe('nsbox: 14 of 20 test files left something behind, or tried what is refused:')
  expect(lines.slice(-4)).toEqual([
    '    … 1 more in report.json',
    '  … 4 more files in report.json',
    '  What one file needs is allowed by rules, or in its first comment: // @nsbox net=host',
    '',
  ])
  expect(sectionOf([{ ...leaking, refused: [], file: 'a.test.ts', project: '' }], 1, undefined)).toMatch(
    /^nsbox: 1 of 1 test file left something behind:\n/,
  )
  expect(sectionOf([{ ...clean, file: 'a.test.ts', project: '' }], 1, undefined)).toBeUndefined()
})
