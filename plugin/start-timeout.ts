// A worker that does not start is given up, as those of vitest's own pools are.

import { NsboxError } from '../src/errors.ts'

/** vitest's START_TIMEOUT, in milliseconds. */
const startTimeout = 60_000

/** @throws NsboxError ERR_NSBOX_START when it takes longer */
export async function startedInTime<T>(starting: Promise<T>, files: readonly string[]): Promise<T> {
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => {
    late.reject(
      new NsboxError(`${files.join(', ')}: the worker did not start in ${startTimeout / 1000} s`, {
        code: 'ERR_NSBOX_START',
        stage: 'payload',
        hint: "The environment's setup is what usually takes long. NODE_DEBUG=nsbox:launch,nsbox:zygote shows how far it got.",
      }),
    )
  }, startTimeout)
  try {
    return await Promise.race([starting, late.promise])
  } finally {
    clearTimeout(timer)
  }
}
