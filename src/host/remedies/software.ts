// Where a program or package is missing, or not of a version that nsbox knows.

import type { Remedy } from './remedy.ts'

export function installNode(range: string): Remedy {
  return {
    why: `nsbox is made for Node ${range}`,
    commands: ['npm install --save-dev node@24'],
    where: 'here',
    note: 'npm scripts then run this Node. A version manager or a base image does as well.',
  }
}

export function installVitest(found: string | undefined, range: string): Remedy {
  return {
    why: found === undefined ? 'vitest is not installed here' : `nsbox knows vitest ${range}`,
    commands: ['npm install --save-dev vitest@5'],
    where: 'here',
  }
}

export function reinstallKoffi(): Remedy {
  return {
    why: 'koffi, by which nsbox calls the kernel, does not load',
    commands: ['npm install --include=optional --no-save koffi'],
    where: 'here',
    note: 'Its binaries are packages of their own for each platform: node_modules of another machine, or --omit=optional, leaves them out.',
  }
}
