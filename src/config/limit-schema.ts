// Checks limits.

import * as z from 'zod/mini'
import type { LiftableLimit, LimitsChange } from '../plan/limits.ts'
import { parseOptions } from './explain.ts'
import { type IoInput, ioLimit, parseCpu, parseMemory } from './limit-quantities.ts'
import { parseCpuList, parseSize } from './quantities.ts'
import { absolutePath, quantity, type Shape } from './schemas.ts'

const count = (most: number) => z.int().check(z.minimum(1, 'it must be 1 at least'), z.maximum(most, `it must be ${most} at most`))

const liftable: Record<LiftableLimit, z.ZodMiniType> = {
  cpu: quantity(parseCpu),
  cpuWeight: count(10_000),
  cpus: quantity(parseCpuList),
  memory: quantity(parseMemory),
  memoryHigh: quantity(parseMemory),
  pids: count(4_194_304),
}

const rate = z.optional(quantity(parseSize))
const io = z.strictObject({
  device: z.string(),
  read: rate,
  write: rate,
  reads: z.optional(count(2 ** 31)),
  writes: z.optional(count(2 ** 31)),
})

const others: Shape = {
  io: z.optional(
    z.array(
      z.pipe(
        io.check(z.refine(namesRate, 'it must limit read, write, reads or writes')),
        z.transform((one) => ioLimit(one as IoInput)),
      ),
    ),
  ),
  hugetlb: z.optional(
    z.record(z.string().check(z.regex(/^\d+[KMG]B$/, 'a page size is written as the kernel does: 2MB, 1GB')), quantity(parseSize)),
  ),
}

export const limitsShape: Shape = { ...each(z.optional), ...others }

export const limitSourceShape: Shape = {
  limitsBy: z._default(z.enum(['auto', 'cgroup', 'emulation']), 'auto'),
  cgroupParent: z.optional(absolutePath),
}

/** Where null lifts a limit. */
export const limitChangesShape: Shape = { ...each((type) => z.optional(z.nullable(type))), ...others }
const changeSchema = z.strictObject(limitChangesShape)

/** @throws NsboxError ERR_NSBOX_CONFIG */
export function limitChanges(input: unknown, where: string): LimitsChange {
  return parseOptions(changeSchema, input, where) as LimitsChange
}

function each(wrap: (type: z.ZodMiniType) => z.ZodMiniType): Shape {
  return Object.fromEntries(Object.entries(liftable).map(([name, type]) => [name, wrap(type)]))
}

function namesRate({ device: _, ...rates }: z.output<typeof io>): boolean {
  return Object.values(rates).some((one) => one !== undefined)
}
