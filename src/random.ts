// Numbers that look random and are the same again for the same seed: what an attempt did can be done once more.

/**
 * Numbers from 0 up to 1, as Math.random() gives them. `purpose` keeps the sequences of one seed apart.
 * sfc32 passes PractRand, and its state of 128 bits is filled from the seed by FNV-1a.
 */
export function seededRandom(seed: number, purpose: string): () => number {
  let [a, b, c] = ['a', 'b', 'c'].map((part) => fnv1a(`${seed} ${purpose} ${part}`)) as [number, number, number]
  let counter = 1
  const next = () => {
    const result = (a + b + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (((c << 21) | (c >>> 11)) + result) | 0
    return result >>> 0
  }
  // Seeds that are alike have parted by then.
  for (let round = 0; round < 12; round++) next()
  // As many bits as a double has.
  return () => ((next() >>> 5) * 2 ** 26 + (next() >>> 6)) / 2 ** 53
}

function fnv1a(text: string): number {
  let hash = 0x811c9dc5
  for (const byte of Buffer.from(text)) hash = Math.imul(hash ^ byte, 0x01000193)
  return hash
}
