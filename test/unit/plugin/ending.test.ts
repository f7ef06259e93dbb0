import { expect, test } from 'vitest'
import { type EndingContext, endingError } from '../../../plugin/ending.ts'

const context: EndingContext = { root: '/p', files: ['/p/src/a.test.ts'], stderr: '', oomKilled: false }
const end = { exitCode: null, signal: null, notEnforced: [] }

test.each([
  [{ ...end, signal: 'SIGSEGV' }, {}, 'src/a.test.ts: the worker was ended by SIGSEGV (segmentation fault)'],
  [{ ...end, signal: 'SIGKILL' }, {}, 'src/a.test.ts: the worker was ended by SIGKILL'],
  [
    { ...end, signal: 'SIGKILL' },
    { oomKilled: true },
    "src/a.test.ts: the worker was killed by SIGKILL while the kernel's out-of-memory killer ran",
  ],
  [
    { ...end, signal: 'SIGABRT' },
    { stderr: 'FATAL ERROR: JavaScript heap out of memory' },
    'src/a.test.ts: the worker ran out of V8 heap memory and was ended by SIGABRT',
  ],
  [{ ...end, exitCode: 3 }, {}, 'src/a.test.ts: the worker ended with exit code 3 before its tests did'],
  [{ ...end, signal: 'SIGSEGV' }, { files: [] }, 'A worker: the worker was ended by SIGSEGV (segmentation fault)'],
])('%j with %j', (ended, change, message) => {
  expect(endingError(ended, { ...context, ...change }).message).toBe(message)
})
