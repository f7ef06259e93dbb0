// Time zones of a knob: the name of one, or hours ahead of UTC.

import { suggest } from './suggest.ts'

// ICU, which node takes TZ to, knows names alone: of a POSIX TZ string such as `<+0530>-5:30` it makes UTC without a word. So
// parts of an hour are places that have them all year.
const placesOf: Record<string, string> = {
  '-9:30': 'Pacific/Marquesas',
  '+3:30': 'Asia/Tehran',
  '+4:30': 'Asia/Kabul',
  '+5:30': 'Asia/Kolkata',
  '+5:45': 'Asia/Kathmandu',
  '+6:30': 'Asia/Yangon',
  '+8:45': 'Australia/Eucla',
  '+9:30': 'Australia/Darwin',
}
const hours = /^([+-])0?(\d\d?)(?::(\d\d))?$/
const most = { '+': 14, '-': 12 }

/** What TZ must hold: `Etc/GMT-14` for `+14`, because signs are the other way round there (POSIX); a name is itself. */
export function timeZoneName(zone: string): string {
  const [, sign, hour, minutes = '00'] = hours.exec(zone) ?? []
  if (sign === undefined) return zone
  if (minutes !== '00') return placesOf[`${sign}${hour}:${minutes}`] ?? zone
  return Number(hour) === 0 ? 'Etc/GMT' : `Etc/GMT${sign === '+' ? '-' : '+'}${hour}`
}

/** @throws TypeError that says what is allowed */
export function parseTimeZone(text: string): string {
  const [, sign, hour, minutes = '00'] = hours.exec(text) ?? []
  if (sign === undefined) return knownName(text)
  if (minutes !== '00' && placesOf[`${sign}${hour}:${minutes}`] === undefined) {
    throw new TypeError(`parts of an hour are had all year at ${Object.keys(placesOf).join(', ')} alone; others are named by their place`)
  }
  if (Number(hour) > most[sign as '+' | '-']) throw new TypeError('hours ahead of UTC are from -12 to +14')
  return text
}

// Case counts: ICU finds `asia/kathmandu` for Intl, but as TZ it is no zone at all.
function knownName(text: string): string {
  const known = Intl.supportedValuesOf('timeZone')
  const respelled = known.some((name) => name !== text && name.toLowerCase() === text.toLowerCase())
  if (/^[A-Z][\w+-]*(\/[A-Z][\w+-]*)*$/.test(text) && !respelled && isZone(text)) return text
  throw new TypeError(`it must be the name of a time zone, such as Asia/Tokyo, or hours ahead of UTC, such as +14${suggest(text, known)}`)
}

function isZone(name: string): boolean {
  try {
    return Boolean(new Intl.DateTimeFormat('en', { timeZone: name }))
  } catch {
    return false
  }
}
