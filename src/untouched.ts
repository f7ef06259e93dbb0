// What node and the language give, as it was before any test ran: tests replace globals, spy on functions and mock them. Code that
// runs beside tests takes what it needs from here; biome.json has the list of it.

import fs from 'node:fs'

const all: typeof globalThis = globalThis

/** Its members stay those of now, whatever becomes of the original's. For functions that need no `this`. */
function copyOf<T extends object>(original: T): T {
  return all.Object.create(null, all.Object.getOwnPropertyDescriptors(original))
}

export const BigInt: typeof all.BigInt = all.BigInt
export const BigUint64Array: typeof all.BigUint64Array = all.BigUint64Array
export const Error: typeof all.Error = all.Error
export const Map: typeof all.Map = all.Map
export const Number: typeof all.Number = all.Number
export const Promise: typeof all.Promise = all.Promise
export const Proxy: typeof all.Proxy = all.Proxy
export const RegExp: typeof all.RegExp = all.RegExp
export const Set: typeof all.Set = all.Set
export const String: typeof all.String = all.String
export const Symbol: typeof all.Symbol = all.Symbol
export const Uint8Array: typeof all.Uint8Array = all.Uint8Array
export const WeakRef: typeof all.WeakRef = all.WeakRef
export const performance: typeof all.performance = all.performance
export const process: typeof all.process = all.process
export const setImmediate: typeof all.setImmediate = all.setImmediate
export const setTimeout: typeof all.setTimeout = all.setTimeout
export const structuredClone: typeof all.structuredClone = all.structuredClone

export const Array: typeof all.Array = copyOf(all.Array)
export const Buffer: typeof all.Buffer = copyOf(all.Buffer)
export const Math: typeof all.Math = copyOf(all.Math)
export const Object: typeof all.Object = copyOf(all.Object)
export const Reflect: typeof all.Reflect = copyOf(all.Reflect)

export const isInteger: typeof Number.isInteger = Number.isInteger
export const parseFloat: typeof Number.parseFloat = Number.parseFloat
export const parseInt: typeof Number.parseInt = Number.parseInt
export const now: () => number = all.Date.now
export const nextTick: typeof process.nextTick = process.nextTick
export const resourceUsage: typeof process.resourceUsage = process.resourceUsage
export const monotonicNs: () => bigint = process.hrtime.bigint

// What an import of node:fs names is what tests have made of it, after module.syncBuiltinESMExports().
export const closeSync: typeof fs.closeSync = fs.closeSync
export const existsSync: typeof fs.existsSync = fs.existsSync
export const fstatSync: typeof fs.fstatSync = fs.fstatSync
export const openSync: typeof fs.openSync = fs.openSync
export const readdirSync: typeof fs.readdirSync = fs.readdirSync
export const readFileSync: typeof fs.readFileSync = fs.readFileSync
export const readlinkSync: typeof fs.readlinkSync = fs.readlinkSync
export const readSync: typeof fs.readSync = fs.readSync
export const statSync: typeof fs.statSync = fs.statSync
