// Lines of /etc/subuid and /etc/subgid (subuid(5)).

export interface SubordinateRange {
  first: number
  count: number
}

/** The first range of this user, who stands there by name or by uid. */
export function subordinateRange(text: string, user: string, uid: number): SubordinateRange | undefined {
  for (const line of text.split('\n')) {
    const [owner, first, count] = line.split(':')
    if ((owner === user || owner === String(uid)) && Number(count) > 0) return { first: Number(first), count: Number(count) }
  }
  return undefined
}
