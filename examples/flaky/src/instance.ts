import { hostname } from 'node:os'

/** Who holds a lock: host and process. */
export function ownerOf(host: string = hostname(), pid: number = process.pid): string {
  return `${host}-${pid}`
}

export function pidOf(owner: string): number {
  return Number(owner.slice(owner.lastIndexOf('-') + 1))
}
