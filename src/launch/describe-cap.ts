// Words for what limits did to a sandbox.

import type { CapHit } from './sandbox-limits.ts'

export function describeCap({ cap, peak }: CapHit): string {
  return `killed by its memory cap of ${sizeWords(cap)} (peak ${sizeWords(peak)})`
}

const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB']

/** `128 MiB`, `1.5 GiB`. */
export function sizeWords(bytes: number): string {
  const power = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log2(Math.max(bytes, 1)) / 10)))
  return `${Number((bytes / 1024 ** power).toFixed(1))} ${units[power]}`
}

/** `5.8 s`; where CPU time was capped, `5.8 s wall, 0.4 s CPU, throttled 4.9 s`. */
export function timeWords(wallMs: number, usage: { cpuMs: number; throttledMs: number | null } | null): string {
  const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`
  if (!usage?.throttledMs) return seconds(wallMs)
  return `${seconds(wallMs)} wall, ${seconds(usage.cpuMs)} CPU, throttled ${seconds(usage.throttledMs)}`
}
