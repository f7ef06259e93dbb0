// A campaign that is interrupted stops, and tells what it knows.

/** Aborted by the first SIGINT or SIGTERM. The second one is what it would be without this. */
export function interruption(): AbortSignal {
  const stop = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort(new Error('interrupted')))
  return stop.signal
}
