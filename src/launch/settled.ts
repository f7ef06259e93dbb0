// Waits, but not for ever.

/** At the latest after this long, in milliseconds. */
export async function settledWithin(promises: Iterable<Promise<unknown>>, timeout: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise((resolve) => (timer = setTimeout(resolve, timeout)))
  await Promise.race([Promise.all(promises), late])
  clearTimeout(timer)
}
