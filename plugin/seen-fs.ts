// Lets node:fs read what a sandbox sees. Vite and its plugins read files by name while they answer a worker: what is hidden from
// it they must not find, and for a module that a test wrote, its neighbours and its package.json are the sandbox's.

import { AsyncLocalStorage } from 'node:async_hooks'
import fs, { Dirent } from 'node:fs'
import Module, { syncBuiltinESMExports } from 'node:module'
import { basename, dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { FileView } from './file-view.ts'
import { catchStrayErrors } from './stray-errors.ts'

type AnyFunction = (this: unknown, ...args: unknown[]) => unknown
type Functions = Record<string, AnyFunction>
type Wrap = (original: AnyFunction, name: string) => AnyFunction

export interface Reader {
  view: FileView
  /** Takes errors that what is run does not answer with: see stray-errors.ts. */
  stray(error: unknown): void
  /** Hears of paths of the host that the view does not show. */
  missed(path: string): void
}

const current = new AsyncLocalStorage<Reader | undefined>()
let isPatched = false

/** Runs `action`: whatever it reads through node:fs, now and later, is what the reader's view shows. Writes reach the host, as ever. */
export function seenFrom<T>(reader: Reader, action: () => T): T {
  if (!isPatched) patch()
  isPatched = true
  return current.run(reader, action)
}

/** Runs `action` outside of {@link seenFrom}: answers to what was asked there come back in it. */
export function seenFromHost<T>(action: () => T): T {
  return current.run(undefined, action)
}

/** Functions of node:fs that read what their first argument names: `name`, `nameSync` and `promises.name`. */
const readers = ['access', 'copyFile', 'exists', 'lstat', 'open', 'readFile', 'readdir', 'readlink', 'realpath', 'stat']
/** They do not follow a link in the last place. */
const linkReaders = ['lstat', 'readlink']

function patch(): void {
  const functions = fs as unknown as Functions
  const promises = fs.promises as unknown as Functions
  for (const name of readers) {
    replace(functions, `${name}Sync`, name, synchronous)
    replace(functions, name, name, withCallback)
    replace(promises, name, name, promised)
  }
  loadCodeFromHost()
  syncBuiltinESMExports()
  catchStrayErrors(() => {
    const reader = current.getStore()
    return reader && ((error) => seenFromHost(() => reader.stray(error)))
  })
}

/** node's loaders read modules with fs.readFileSync. What runs here must never be what a sandbox wrote. */
function loadCodeFromHost(): void {
  Module.registerHooks({
    resolve: (specifier, context, next) => current.run(undefined, next, specifier, context),
    load: (url, context, next) => current.run(undefined, next, url, context),
  })
  // Module.prototype.load calls extensions that others have registered, past the hooks.
  const loader = Module as unknown as { _load: AnyFunction }
  const load = loader._load
  loader._load = function (...args) {
    return current.run(undefined, () => Reflect.apply(load, this, args))
  }
}

function replace(functions: Functions, property: string, name: string, wrap: Wrap): void {
  const original = functions[property]
  if (!original) return
  // util.promisify reads a symbol of exists.
  const own = Object.getOwnPropertySymbols(original).map((key) => [key, Reflect.get(original, key)] as const)
  const { native } = original as { native?: AnyFunction }
  functions[property] = Object.assign(wrap(original, name), Object.fromEntries(own), native && { native: wrap(native, name) })
}

const synchronous: Wrap = (original, name) =>
  function (...args) {
    const place = placeOf(name, args)
    if (!place) return Reflect.apply(original, this, args)
    try {
      return place.realPath ?? place.shown(Reflect.apply(original, this, [place.path, ...args.slice(1)]))
    } catch (error) {
      throw place.shown(error)
    } finally {
      place.leave()
    }
  }

const promised: Wrap = (original, name) =>
  async function (...args) {
    const place = placeOf(name, args)
    if (!place) return Reflect.apply(original, this, args)
    try {
      return place.realPath ?? place.shown(await Reflect.apply(original, this, [place.path, ...args.slice(1)]))
    } catch (error) {
      throw place.shown(error)
    } finally {
      place.leave()
    }
  }

const withCallback: Wrap = (original, name) =>
  function (...args) {
    const place = placeOf(name, args)
    const done = args.at(-1)
    if (!place || typeof done !== 'function') return Reflect.apply(original, this, args)
    const called = (...results: unknown[]) => {
      place.leave()
      done(...results.map((result) => place.shown(result)))
    }
    if (place.realPath !== undefined) return queueMicrotask(() => called(null, place.realPath))
    return Reflect.apply(original, this, [place.path, ...args.slice(1, -1), called])
  }

/** A way to reach what is seen. */
interface Place {
  /** Of the host. Where nothing is seen, nothing is there. */
  path: string
  /** Known without a look, where that is what was asked for. */
  realPath: string | undefined
  /** Gives a result or an error the name that was asked for. */
  shown<T>(result: T): T
  leave(): void
}

/** Undefined where the call is not for the sandbox: outside of {@link seenFrom}, for a descriptor, or to write. */
function placeOf(name: string, [named, flags]: unknown[]): Place | undefined {
  const reader = current.getStore()
  const asked = reader && pathOf(named)
  if (!reader || asked === undefined || (name === 'open' && !isForReading(flags))) return undefined
  const isLink = linkReaders.includes(name)
  const held = reader.view.hold(isLink ? dirname(asked) : asked)
  if (held.isHidden) reader.missed(asked)
  const path = isLink ? `${held.path}/${basename(asked) || '.'}` : held.path
  return {
    path,
    realPath: name === 'realpath' ? held.realPath : undefined,
    shown: (result) => renamed(result, path, asked),
    leave: held.close,
  }
}

function pathOf(named: unknown): string | undefined {
  const path = isAddress(named) ? fileURLToPath(named) : named instanceof Uint8Array ? Buffer.from(named).toString() : named
  return typeof path === 'string' && !path.includes('\0') ? resolve(path) : undefined
}

/** node takes URLs of other realms too. */
function isAddress(named: unknown): named is URL {
  return typeof named === 'object' && (named as Partial<URL> | null)?.protocol === 'file:'
}

function isForReading(flags: unknown): boolean {
  if (typeof flags !== 'number') return typeof flags !== 'string' || ['r', 'rs', 'sr'].includes(flags)
  const { O_WRONLY, O_RDWR, O_CREAT, O_TRUNC } = fs.constants
  return (flags & (O_WRONLY | O_RDWR | O_CREAT | O_TRUNC)) === 0
}

/** Errors of the file system and directory entries name the path that they came from. */
function renamed<T>(result: T, from: string, to: string): T {
  if (Array.isArray(result) && result[0] instanceof Dirent) {
    for (const entry of result as Dirent[]) entry.parentPath = entry.parentPath.replace(from, () => to)
  } else if (result instanceof Error) {
    const error: NodeJS.ErrnoException = result
    if (error.path === from) Object.assign(error, { path: to, message: error.message.replace(from, () => to) })
  }
  return result
}
