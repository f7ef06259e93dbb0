// Binds C functions of libc and of the node binary itself. Only src/sys may import this.

import { createRequire } from 'node:module'
import { Array, BigInt, process } from '../untouched.ts'
import { SysError } from './sys-error.ts'

type CFunction = (...args: unknown[]) => number

type Koffi = typeof import('koffi')

let koffi_: Koffi | undefined
let self_: ReturnType<Koffi['load']> | undefined

/** At the first call: where koffi does not load, what does not need it still works. */
function koffi(): Koffi {
  koffi_ ??= loadKoffi()
  return koffi_
}

function self(): ReturnType<Koffi['load']> {
  self_ ??= koffi().load(null)
  return self_
}

/**
 * koffi's own entry adds names for older programs, and loads node's streams and terminals for them: 7 ms
 * at every start. What it puts them on is a package for each platform, which will do.
 */
function loadKoffi(): Koffi {
  const require = createRequire(import.meta.url)
  try {
    return createRequire(require.resolve('koffi'))(`@koromix/koffi-${process.platform}-${process.arch}`)
  } catch {
    return require('koffi')
  }
}

/** Binds a function by its exported name. Nothing is looked up before the first call. */
export function bind(name: string, result: string, types: string[]): CFunction {
  let bound: CFunction | undefined
  const found = () => {
    bound ??= self().func(name, result, types) as CFunction
    return bound
  }
  bindings.push(found)
  return (...args) => found()(...args)
}

const bindings: (() => CFunction)[] = []

/** Before a process forks many: what it has looked up, none of its children has to. */
export function bindAll(): void {
  for (const find of bindings) {
    try {
      find()
    } catch {
      // Not every libc and node has everything; who calls it is told then.
    }
  }
}

/** Like {@link bind}, but throws a {@link SysError} when the call answers -1. */
export function bindChecked(name: string, result: string, types: string[]): CFunction {
  const call = bind(name, result, types)
  return (...args) => checked(call(...args), name, args)
}

/** Throws when `result` is -1. Must follow the call at once: errno is read here. */
export function checked(result: number, name: string, args: readonly unknown[]): number {
  if (result === -1) throw new SysError(name, args, koffi().errno())
  return result
}

export function errno(): number {
  return koffi().errno()
}

/**
 * Arrays whose addresses were taken last. An optimised function drops a local array that it does not use after that, and the garbage
 * collector may free the bytes before C reads them: utimensat(2) answered EINVAL once in a million calls. No call takes more than six; a
 * longer list would hold on to messages that were sent long ago, and a worker may have a cap.
 */
const latest: (NodeJS.TypedArray | undefined)[] = Array.from({ length: 16 }, () => undefined)
let taken = 0

/** The address of an array's bytes. They stay for the call that is made next; for longer, the caller keeps the array. */
export function addressOf(buffer: NodeJS.TypedArray): bigint {
  latest[taken++ % latest.length] = buffer
  return BigInt(koffi().address(buffer))
}

/** True when the process exports this symbol. */
export function hasSymbol(name: string): boolean {
  return symbolAddress(name) !== 0n
}

const dlsym = bind('dlsym', 'uint64', ['uint64', 'str'])

/** The address of an exported symbol, or 0. RTLD_DEFAULT is 0 with glibc and musl: dlsym(3). */
export function symbolAddress(name: string): bigint {
  return BigInt(dlsym(0, name))
}
