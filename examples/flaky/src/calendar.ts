/** Whether two moments are on one day, in the local time zone. */
export function sameDay(one: Date, other: Date): boolean {
  return one.toDateString() === other.toDateString()
}

/** A month later, on the same day or the last one that there is. */
export function monthLater(from: Date): Date {
  const days = new Date(from.getFullYear(), from.getMonth() + 2, 0).getDate()
  return new Date(from.getFullYear(), from.getMonth() + 1, Math.min(from.getDate(), days))
}

/** At the same time of the next day. */
export function nextDay(from: Date): Date {
  const next = new Date(from)
  next.setDate(from.getDate() + 1)
  return next
}
