// Imported by the zygotes of launch-cost.ts: what a worker of vitest brings along, without vitest's protocol.

import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { PayloadContext } from '../../src/payload/preloaded.ts'

export interface Load {
  vitest: boolean
  jsdom: boolean
}

const resolve = createRequire(import.meta.url).resolve

export async function prepare(data: unknown): Promise<void> {
  const { vitest, jsdom } = data as Load
  if (vitest) await import(pathToFileURL(join(dirname(resolve('vitest/package.json')), 'dist/worker.js')).href)
  if (jsdom) {
    const { JSDOM } = (await import(pathToFileURL(resolve('jsdom')).href)) as { JSDOM: new (html: string) => unknown }
    new JSDOM('<p>hello</p>')
  }
}

export function run({ channel }: PayloadContext): void {
  channel.post('born')
}
