// The values of a cap that are tried to find the smallest that is enough, each about 1.4 times the one before.

const cpuShares = [0.05, 0.07, 0.1, 0.15, 0.2, 0.25, 0.35, 0.5, 0.7, 1, 1.4, 2, 2.8, 4, 5.6, 8, 11, 16, 22, 32, 45, 64, 90, 128]

/** Shares of processors, up to those that there are. */
export function cpuLadder(processors: number): number[] {
  const below = cpuShares.filter((share) => share < processors)
  return [...below, processors]
}

const leastMemory = 16 * 1024 ** 2

/** Bytes: 16M, 24M, 32M, 48M, 64M, up to what there is. */
export function memoryLadder(bytes: number): number[] {
  const ladder: number[] = []
  for (let size = leastMemory; size <= bytes; size *= 2) ladder.push(size, size * 1.5)
  return ladder.filter((size) => size <= bytes)
}
