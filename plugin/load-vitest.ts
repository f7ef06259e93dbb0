// The vitest of the project that nsbox is run in.

import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
import type { createVitest, parseCLI, startVitest } from 'vitest/node'
import { NsboxError } from '../src/errors.ts'
import { requireKnownVitest } from '../src/host/known-vitest.ts'
import { quoted } from '../src/quoted.ts'

export interface VitestNode {
  parseCLI: typeof parseCLI
  startVitest: typeof startVitest
  createVitest: typeof createVitest
}

/** @throws NsboxError ERR_NSBOX_NO_VITEST where none is installed, ERR_NSBOX_VITEST for one that nsbox does not know */
export async function loadVitest(): Promise<VitestNode> {
  const here = createRequire(pathToFileURL(`${process.cwd()}/`))
  const { version } = installed(() => here('vitest/package.json') as { version: string })
  requireKnownVitest(version)
  return (await import(pathToFileURL(here.resolve('vitest/node')).href)) as VitestNode
}

function installed<T>(find: () => T): T {
  try {
    return find()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'MODULE_NOT_FOUND') throw error
    throw new NsboxError(`No vitest is installed for ${quoted(process.cwd())}`, {
      code: 'ERR_NSBOX_NO_VITEST',
      stage: 'config',
      hint: 'npm install --save-dev vitest',
    })
  }
}
