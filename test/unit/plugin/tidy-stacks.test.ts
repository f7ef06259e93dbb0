// A worker's stack traces, which vitest's main process follows to files.

import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { HostView } from '../../../plugin/file-view.ts'
import { tidyStack } from '../../../plugin/tidy-stacks.ts'

let base: string
let view: HostView

beforeAll(() => {
  base = realpathSync(mkdtempSync(join(tmpdir(), 'nsbox-unit-')))
  mkdirSync(join(base, 'seen'))
  for (const name of ['seen/a.ts', 'seen/b c.ts', 'hidden.ts']) writeFileSync(join(base, name), 'text')
  view = new HostView((path) => path !== join(base, 'hidden.ts'))
})

afterAll(() => rmSync(base, { recursive: true }))

describe('a frame of a file that the sandbox sees stays as it is written', () => {
  test.for([
    '    at /seen/a.ts:1:2',
    '    at run (/seen/a.ts:1:2)',
    '    at async run (/seen/b c.ts:1:2)',
    '    at async /seen/a.ts:1:2',
    '    at Object.<anonymous> (file:///seen/a.ts:1:2)',
    '    at new Thing [as other] (/seen/a.ts?v=1:1:2)',
    '    at Function.run (node:internal/process:1:2)',
    '    at async Promise.all (index 0)',
    '    at eval (eval at run (/seen/a.ts:1:2), <anonymous>:3:4)',
    '    at run(/seen/a.ts:1:2)',
    'run@/seen/a.ts:1:2',
    'Error: user@example.org at 10:20:30 of the day, see (a:1)',
  ])('%s', (frame) => {
    const written = frame.replace('/seen', `${base}/seen`)
    expect(tidyStack(written, view)).toBe(written)
  })
})

describe('a frame that is not written plainly is written anew', () => {
  test.for([
    ['    at eval (eval at run (eval at run (/seen/a.ts:1:2), <anonymous>:3:4), <anonymous>:5:6)', '    at eval (/seen/a.ts:1:2)'],
    ['    at run (file:///seen/b%20c.ts:1:2)', '    at run (/seen/b c.ts:1:2)'],
    ['    at http://localhost:3000/seen/a.ts?t=1:1:2', '    at /seen/a.ts?t=1:1:2'],
    ['run@http://localhost:3000/seen/a.ts:1:2', '    run@/seen/a.ts:1:2'],
    ['    at run (http://localhost:3000/@fs/seen/a.ts:1:2)', '    at run (/seen/a.ts:1:2)'],
  ])('%s', ([frame, written]) => {
    // The host of an address has no path of this machine in it.
    const here = (text: string) => text.replace(/(?<!\/)\/seen|(?<=file:\/\/|@fs|:3000)\/seen/, `${base}/seen`)
    expect(tidyStack(here(frame as string), view)).toBe(here(written as string))
  })
})

describe('a frame of a file that the sandbox does not see is left out, however it is written', () => {
  test.for([
    'at PATH:1:2',
    'at  run  (PATH:1:2)',
    'at async PATH:1:2',
    'at (a (PATH:1:2)',
    'at  (a (PATH:1:2)',
    'at run(/../UP:1:2)',
    'at (file://PATH:1:2)',
    'at (file://%2F%2e%2e/PATH:1:2)',
    'at (file://ENCODED:1:2)',
    'at http://localhostPATH:1:2',
    'at http://localhostPATH?import:1:2',
    'at http://localhostPATH?browserv=5:1:2',
    'at http://localhostPATH\u0001:1:2',
    'at http://localhostPATH :1:2',
    'at http://localhostENCODED:1:2',
    'at http://localhost/@fsPATH:1:2',
    'at /@fsPATH:1:2',
    'at PATH?vitest=1234567890123:1:2',
    'at http://localhostPATH?map%76itest=1234567890123:1:2',
    'at PATH\0:1:2',
    'at eval (eval at run (PATH:1:2), <anonymous>:1:1)',
    'at eval (eval codePATH:1:2)',
    'at eval (eval code (eval code (PATH:1:2)',
    'at eval (ev(eval at xal at PATH:1:2)',
    '@PATH:1:2',
    'run@PATH:1:2',
    'run@(PATH:1:2)',
    'run@async PATH:1:2',
    'run@PATH line 3 > eval line 1 > eval:1:2',
    'text\rat PATH:1:2',
    'text\u2028@PATH:1:2',
    'at x (BACKSLASHES:1:2)',
    'at x (/seen\\..UPSLASHES:1:2)',
    'at \u00a0PATH:1:2',
    'at \u00a0(PATH:1:2)',
    'at x\u00a0(PATH:1:2)',
    'at x (file://eval%20at%20x(PATH:1:2)',
    'at x (file://http:%2f%2fxPATH:1:2)',
  ])('%j', (spelling) => {
    const path = join(base, 'hidden.ts')
    const encoded = path.replace('hidden', '%68idden')
    const up = `${'../'.repeat(40)}${path.slice(1)}`
    const backslashes = path.replaceAll('/', '\\')
    const frame = spelling
      .replace('UPSLASHES', `${'\\..'.repeat(40)}${backslashes}`)
      .replace('BACKSLASHES', backslashes)
      .replace('PATH', path)
      .replace('ENCODED', encoded)
      .replace('UP', up)
    expect(tidyStack(`Error: text\n    ${frame}\n    at ${base}/seen/a.ts:1:2`, view)).toBe(`Error: text\n    at ${base}/seen/a.ts:1:2`)
  })
})

describe('a frame of a file whose source map leads to one that the sandbox does not see is left out', () => {
  const map = JSON.stringify({ version: 3, sources: ['../hidden.ts'], mappings: 'AAAA' })
  test.for([
    ['by the name of the map', '//# sourceMappingURL=../hidden.ts'],
    ['by another kind of comment', '/*# sourceMappingURL=../hidden.ts */'],
    ['by the map', '//# sourceMappingURL=a.js.map'],
    ['by a map in the file', `//# sourceMappingURL=data:application/json;base64,${Buffer.from(map).toString('base64')}`],
    ['by a map in the file, as text', `//# sourceMappingURL=data:application/json,${encodeURIComponent(map)}`],
  ])('%s', ([, comment]) => {
    writeFileSync(join(base, 'seen/a.js'), `code\n${comment}`)
    writeFileSync(join(base, 'seen/a.js.map'), map)
    expect(tidyStack(`at run (${base}/seen/a.js:1:2)`, view)).toBe('')
  })

  test('one that leads to what it sees stays', () => {
    writeFileSync(join(base, 'seen/b.js'), 'code\n//# sourceMappingURL=b.js.map')
    writeFileSync(join(base, 'seen/b.js.map'), map.replace('../hidden', 'a'))
    const frame = `at run (${base}/seen/b.js:1:2)`
    expect(tidyStack(frame, view)).toBe(frame)
  })
})

test('line 0 is in no file', () => {
  expect(tidyStack(`at run (${base}/seen/a.ts:0:0)`, view)).toBe('')
})

test('an address that is none is left out', () => {
  expect(tidyStack('at http://:1:2\nat http://[:1:2\nat file://%:1:2', view)).toBe('')
})

test('empty lines have an end', () => {
  expect(tidyStack(`text${'\n'.repeat(90_000)}text`, view)).toHaveLength(1008)
})
