// One page with everything, which needs no network.

import type { Results } from '../results.ts'

export function pageOf(results: Results): string {
  return `<!doctype html><title>${results.seed}</title>`
}
