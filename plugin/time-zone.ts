// The knob tz, as the environment variable TZ.

/** Hours ahead of UTC are behind it in these names: `+14` is `Etc/GMT-14` (tzselect(8)). */
export function timeZone(zone: string): string {
  const [, sign, hours] = /^([+-])(\d+)$/.exec(zone) ?? []
  return hours === undefined ? zone : `Etc/GMT${sign === '+' ? '-' : '+'}${Number(hours)}`
}

/** ICU takes what it does not know for UTC, and says nothing. */
export function isTimeZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: timeZone(zone) })
    return true
  } catch {
    return false
  }
}
