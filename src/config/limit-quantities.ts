// Limits as people write them.

import type { CpuLimit, IoLimit } from '../plan/limits.ts'
import { parseDuration, parseSize } from './quantities.ts'

const usualPeriodMs = 100
/** The kernel's own least and most (sched-bwc.rst). */
const leastQuotaMs = 1
const period = { least: 1, most: 1000 }

/** `0.5`, `'0.5'`, `'50%'`, `'0.5/20ms'`. @throws TypeError that says what is allowed */
export function parseCpu(value: unknown): CpuLimit {
  const text = typeof value === 'number' || typeof value === 'string' ? String(value) : ''
  const [, digits, percent, over] = /^(\d+(?:\.\d+)?|\.\d+)(%?)(?:\/(.+))?$/.exec(text) ?? []
  if (digits === undefined) {
    throw new TypeError('it must be a number of processors such as 0.5, and may name a period: 0.5/20ms')
  }
  const share = Number(digits) / (percent ? 100 : 1)
  const periodMs = over === undefined ? usualPeriodMs : parseDuration(over)
  if (periodMs < period.least || periodMs > period.most) throw new TypeError('its period must be from 1ms to 1s')
  if (share * periodMs >= leastQuotaMs) return { share, periodMs }
  const longer = Math.ceil(leastQuotaMs / share)
  throw new TypeError(
    `that is ${share * periodMs} ms of each ${periodMs} ms, and the least is 1 ms${longer <= period.most ? `; take a longer period: ${share}/${longer}ms` : ''}`,
  )
}

const leastMemory = 1024 ** 2

/** @throws TypeError that says what is allowed */
export function parseMemory(value: unknown): number {
  const bytes = parseSize(value)
  if (bytes >= leastMemory) return bytes
  throw new TypeError('no program runs in less than 1M; node needs about 32M')
}

export interface IoInput {
  device: string
  read?: number | undefined
  write?: number | undefined
  reads?: number | undefined
  writes?: number | undefined
}

/** In the words of io.max. The device is still what was asked for. */
export function ioLimit({ device, read, write, reads, writes }: IoInput): IoLimit {
  const rates = { rbps: read, wbps: write, riops: reads, wiops: writes }
  return { device, ...Object.fromEntries(Object.entries(rates).filter(([, rate]) => rate !== undefined)) }
}
