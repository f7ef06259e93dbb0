/** One for the whole process. */
export const settings: { currency: string; digits: number } = { currency: 'EUR', digits: 2 }

export function price(cents: number): string {
  return `${(cents / 100).toFixed(settings.digits)} ${settings.currency}`
}
