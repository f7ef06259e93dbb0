// What a forked node has to renew before it runs on: the event loop and OpenSSL's randomness.

import { bind } from './libc.ts'

const uv_default_loop = bind('uv_default_loop', 'uint64', [])
const uv_loop_fork = bind('uv_loop_fork', 'int', ['uint64'])
const RAND_poll = bind('RAND_poll', 'int', [])

/** libuv: must be called in the child of a fork, before the loop turns again. */
export function renewEventLoop(): void {
  const code = uv_loop_fork(uv_default_loop())
  if (code !== 0) throw new Error(`uv_loop_fork failed: ${code}`)
}

/** OpenSSL notices a fork by the pid, and in a pid namespace every child has the same one. */
export function reseedOpenssl(): void {
  RAND_poll()
}
