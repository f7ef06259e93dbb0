// The wall clock of this process, ahead of the machine's, for what asks it in JavaScript: Date, Temporal, Intl, performance.timeOrigin.
//
// A time namespace shifts the monotonic clocks alone (time_namespaces(7)), and no process may have a CLOCK_REALTIME of its own. So what
// node, the kernel and other programs say themselves keeps the machine's time: times of files, the Date header of a server, date(1).
// So do worker threads, other realms (vm.createContext()), programs with an environment of their own, and vi.getRealSystemTime().

import { Reflect } from '../src/untouched.ts'

interface TemporalNow {
  instant(): { add(duration: { milliseconds: number }): ReturnType<TemporalNow['instant']>; toZonedDateTimeISO(zone: unknown): Zoned }
  timeZoneId(): string
  zonedDateTimeISO(zone?: unknown): Zoned
  plainDateTimeISO(zone?: unknown): unknown
  plainDateISO(zone?: unknown): unknown
  plainTimeISO(zone?: unknown): unknown
}

interface Zoned {
  toPlainDateTime(): unknown
  toPlainDate(): unknown
  toPlainTime(): unknown
}

const RealDate = Date
const { now: realNow } = RealDate
const shiftedNow = () => realNow() + ahead

/** Milliseconds. */
let ahead = 0
let isInstalled = false

/** `ms` may be negative; it takes the place of an earlier one. @throws Error when it is not in force */
export function shiftClock(ms: number): void {
  ahead = ms
  if (!isInstalled) install()
  isInstalled = true
  const from = shiftedNow()
  const shown = [Date.now(), Date.parse(new Date().toISOString())]
  const to = shiftedNow()
  if (shown.every((time) => time >= from && time <= to)) return
  throw new Error(
    `Date shows ${shown.map((time) => new RealDate(time).toISOString()).join(', ')}, and ${new RealDate(from).toISOString()} was set`,
  )
}

function install(): void {
  installDate()
  installIntl()
  const { Temporal } = globalThis as { Temporal?: { Now: TemporalNow } }
  if (Temporal) installTemporal(Temporal.Now)
  const { timeOrigin } = performance
  Object.defineProperty(performance, 'timeOrigin', { configurable: true, enumerable: true, get: () => timeOrigin + ahead })
}

function installDate(): void {
  RealDate.now = function now() {
    return shiftedNow()
  }
  const shifted: DateConstructor = new Proxy(RealDate, {
    construct: (real, args, newTarget) =>
      Reflect.construct(real, args.length === 0 ? [shiftedNow()] : args, newTarget === shifted ? real : newTarget),
    apply: () => new shifted().toString(),
  })
  RealDate.prototype.constructor = shifted
  let current: unknown = shifted
  // vitest has kept the Date that it found, and puts that back when a test is done with a time of its own.
  Object.defineProperty(globalThis, 'Date', {
    configurable: true,
    get: () => current,
    set: (date) => {
      current = date === RealDate ? shifted : date
    },
  })
}

/** Without a date it shows the present one. */
function installIntl(): void {
  const { prototype } = Intl.DateTimeFormat
  const { formatToParts } = prototype
  prototype.formatToParts = function (date = shiftedNow()) {
    return Reflect.apply(formatToParts, this, [date])
  }
  const format = Object.getOwnPropertyDescriptor(prototype, 'format')?.get as () => Intl.DateTimeFormat['format']
  Object.defineProperty(prototype, 'format', {
    configurable: true,
    get(this: Intl.DateTimeFormat) {
      const bound = Reflect.apply(format, this, []) as Intl.DateTimeFormat['format']
      return (date: Date | number = shiftedNow()) => bound(date)
    },
  })
}

function installTemporal(now: TemporalNow): void {
  const { instant } = now
  now.instant = () => instant().add({ milliseconds: ahead })
  now.zonedDateTimeISO = (zone = now.timeZoneId()) => now.instant().toZonedDateTimeISO(zone)
  now.plainDateTimeISO = (zone) => now.zonedDateTimeISO(zone).toPlainDateTime()
  now.plainDateISO = (zone) => now.zonedDateTimeISO(zone).toPlainDate()
  now.plainTimeISO = (zone) => now.zonedDateTimeISO(zone).toPlainTime()
}
