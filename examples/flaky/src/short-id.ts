/** Four hexadecimal digits. */
export function shortId(random: () => number = Math.random): string {
  return Math.floor(random() * 0x10000)
    .toString(16)
    .padStart(4, '0')
}

/** One that is not taken yet. */
export function newId(taken: Set<string>, random?: () => number): string {
  let id = shortId(random)
  while (taken.has(id)) id = shortId(random)
  return id
}
