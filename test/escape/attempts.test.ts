// @module-tag root
// Attempts to get out of a sandbox, each of which must fail.

import { expect, test } from 'vitest'
import { attempts } from './attempt.ts'
import { files } from './files.ts'
import { kernel } from './kernel.ts'
import { processes } from './processes.ts'
import { listenFor, sockets } from './sockets.ts'

test('the numbers of system calls are those of this machine', () => {
  expect(process.arch, 'these attempts are written for x64').toBe('x64')
})

// Those on calls and sockets leave descriptors open, which processes look at.
attempts({ files, processes, sockets, kernel }, listenFor)
