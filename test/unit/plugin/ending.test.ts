import { expect, test } from 'vitest'
import { type EndingContext, endingError } from '../../../plugin/ending.ts'

const context: EndingContext = { root: '/p', files: ['/p/src/a.test.ts'], place: '', stderr: '', oomKilled: false }
const initKilled = { message: "The sandbox's init was killed from outside", code: 'ERR_NSBOX_INIT_KILLED', stage: 'payload' as const }
const end = { exitCode: null, signal: null, notEnforced: [], capHit: undefined }

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
  [{ ...end, exitCode: 3 }, { place: "in test 'a'" }, "src/a.test.ts: the worker ended with exit code 3 in test 'a'"],
  [
    { ...end, signal: 'SIGSEGV' },
    { place: "in test 'a'" },
    "src/a.test.ts: the worker was ended by SIGSEGV (segmentation fault) in test 'a'",
  ],
  [
    { ...end, signal: 'SIGKILL', capHit: { limit: 'memory' as const, cap: 2 ** 27, peak: 2 ** 27 } },
    { place: "in test 'suite > a'" },
    "src/a.test.ts: killed by its memory cap of 128 MiB (peak 128 MiB) in test 'suite > a'",
  ],
  [
    { ...end, signal: 'SIGKILL', error: initKilled },
    { place: "in test 'a'" },
    "src/a.test.ts: the worker was killed with its sandbox: The sandbox's init was killed from outside",
  ],
  [
    { ...end, signal: 'SIGKILL', error: initKilled, capHit: { limit: 'memory' as const, cap: 2 ** 27, peak: 2 ** 27 } },
    {},
    'src/a.test.ts: killed by its memory cap of 128 MiB (peak 128 MiB)',
  ],
  [{ ...end, signal: 'SIGSEGV' }, { files: [] }, 'A worker: the worker was ended by SIGSEGV (segmentation fault)'],
])('%j with %j', (ended, change, message) => {
  expect(endingError(ended, { ...context, ...change }).message).toBe(message)
})
