import { setTimeout as sleep } from 'node:timers/promises'

export interface Patience {
  tries: number
  /** Of each try, in milliseconds. */
  timeout: number
  /** Before the second try; doubled for each one after it. */
  backoff: number
}

/** Asks again when there was no answer in time. */
export async function ask(url: string, { tries, timeout, backoff }: Patience, get: typeof fetch = fetch): Promise<string> {
  for (let count = 1; ; count++) {
    try {
      const response = await get(url, { signal: AbortSignal.timeout(timeout) })
      return await response.text()
    } catch (error) {
      if (count === tries) throw error
      await sleep(backoff * 2 ** (count - 1))
    }
  }
}
