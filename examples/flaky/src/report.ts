/** The day of a sale, for the books. */
export function bookingDay(sold: Date, timeZone?: string): string {
  return new Intl.DateTimeFormat('en-CA', { timeZone, dateStyle: 'short' }).format(sold)
}
