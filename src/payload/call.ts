// A function of a module as payload: for a zygote that preloads it, and for a fresh node.

import type { Channel } from '../wire/channel.ts'
import type { CallAnswer, CallRequest } from '../wire/protocol.ts'
import type { PayloadContext } from './preloaded.ts'

/** Imports what calls may need, once for all of them. */
export async function prepare(urls: unknown): Promise<void> {
  for (const url of urls as string[]) await import(url)
}

export async function run({ channel, data }: PayloadContext): Promise<void> {
  const answer = await answerTo(data as CallRequest)
  post(channel, answer)
  channel.close()
}

async function answerTo({ url, name, args }: CallRequest): Promise<CallAnswer> {
  try {
    const module = (await import(url)) as Record<string, unknown>
    const called = module[name]
    if (typeof called !== 'function')
      throw new TypeError(`${url} exports no function "${name}", but ${Object.keys(module).join(', ') || 'nothing'}`)
    return { result: await Reflect.apply(called, undefined, args) }
  } catch (error) {
    return { error, fields: { ...(error as object) } }
  }
}

/** What cannot be cloned is told by an error, which can. */
function post(channel: Channel, answer: CallAnswer): void {
  try {
    channel.post(answer)
  } catch (error) {
    channel.post({ error: 'error' in answer ? new Error(String(answer.error)) : error, fields: {} })
  }
}
