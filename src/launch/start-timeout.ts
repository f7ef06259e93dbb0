// A zygote or a worker that does not start is given up, as vitest's own pools give up their workers.

import { NsboxError, type NsboxErrorOptions } from '../errors.ts'

/** vitest's START_TIMEOUT, in milliseconds. */
const startTimeout = 60_000

/** `what` begins the message. @throws NsboxError ERR_NSBOX_START when it takes longer */
export async function startedInTime<T>(starting: Promise<T>, what: string, details: Omit<NsboxErrorOptions, 'code'>): Promise<T> {
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => {
    late.reject(new NsboxError(`${what} did not start in ${startTimeout / 1000} s`, { code: 'ERR_NSBOX_START', ...details }))
  }, startTimeout)
  try {
    return await Promise.race([starting, late.promise])
  } finally {
    clearTimeout(timer)
  }
}
